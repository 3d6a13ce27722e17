"""Losses of single records, and the metrics that their means are."""

from dataclasses import replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from detectors.columns import Columns
from detectors.counts import FloatArray, IntArray
from detectors.estimation.estimates import Comparison, Estimates
from detectors.estimation.loss_model import LossModel
from detectors.evidence.covariance import value_columns
from detectors.profile import Profile


class RegressionMetric(StrEnum):
    """A metric of a regression model, in the order in which arrays hold them."""

    MAE = "mae"
    RMSE = "rmse"


def cells_of(profile: Profile, columns: Columns) -> IntArray:
    """Return the column of a table of counts that each value falls into; (n, features)."""
    numeric = value_columns(profile, columns.numeric)
    return np.concatenate([numeric, columns.codes.astype(np.int64)], axis=1)


def learned_of_numbers(
    cells: IntArray, numeric: int, predicted: FloatArray, actual: FloatArray, part: IntArray
) -> LossModel:
    """Return the model of the absolute and squared errors of a regression; as LossModel.fit."""
    error = actual - predicted
    losses = np.stack([np.abs(error), error**2], axis=1)
    return LossModel.fit(cells, numeric, losses, part, np.full(2, np.inf))


def learned_of_answers(
    cells: IntArray, numeric: int, right: NDArray[np.bool_], part: IntArray
) -> LossModel:
    """Return the model of the wrong answers of a classifier that tells no probabilities.

    right: (n,), whether the answer was the label.
    """
    wrong = (~right[:, None]).astype(np.float64)
    return LossModel.fit(cells, numeric, wrong, part, np.ones(1))


def mae_and_rmse(losses: Estimates) -> Estimates:
    """Return the estimated metrics of a regression, in the order of RegressionMetric.

    losses: as the model of learned_of_numbers estimates them.
    """
    root = rooted(losses.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = np.array([1.0, 0.5 / root[1]])
        return replace(
            losses,
            value=root,
            outcome_error=losses.outcome_error * slope,
            reference_error=losses.reference_error * slope,
        )


def accuracy(losses: Estimates) -> Estimates:
    """Return the estimated accuracy, (1,), of a classifier that learned_of_answers watches."""
    return replace(losses, value=1 - losses.value)


def compared_numbers(
    model: LossModel, counts: IntArray, records: int, realised: FloatArray
) -> Comparison:
    """Compare MAE and RMSE; realised: (2,), mean absolute and squared error of the records."""
    estimated = mae_and_rmse(model.estimated(counts, records))
    return Comparison(rooted(model.reference), estimated, rooted(realised))


def compared_answers(model: LossModel, counts: IntArray, records: int, right: float) -> Comparison:
    """Compare the accuracy; right: share of the records whose answer was the label."""
    estimated = accuracy(model.estimated(counts, records))
    return Comparison(1 - model.reference, estimated, np.array([right]))


def rooted(losses: FloatArray) -> FloatArray:
    """Return MAE and RMSE of a mean absolute and a mean squared error; (2,)."""
    return np.array([losses[0], np.sqrt(losses[1])])
