"""Gradients by a model's inputs as gradients by scaled points."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.points import Points
from detectors.robustness.space import Values
from detectors.robustness.table import Column


class InputGradient(Protocol):
    """The gradient of a model's loss by a matrix of its inputs.

    inputs: (m, width), raw features as the model takes them. expected: (m,), the outcome that
    each loss is of: a class's code, or the value of a regression. Returns (m, width).
    """

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray: ...


class ColumnGradient(Protocol):
    """The gradient of a model's loss by its features.

    columns: of m records, as in a Table. expected: as in InputGradient. Returns the derivatives
    by features, of their columns' shapes; a feature that is left out has none.
    """

    def __call__(
        self, columns: Mapping[str, Column], expected: FloatArray
    ) -> Mapping[str, FloatArray]: ...


@dataclass(frozen=True, slots=True)
class StackedGradient:
    """A ColumnGradient by one of a matrix, for a model that takes its features side by side.

    names: of the features, in the order of the model's inputs; an embedding takes several. A
    function that is re-tested in this process offers it as its attribute:
    ``predict.gradient = StackedGradient(("age", "income"), estimator_gradient(model))``.
    """

    names: tuple[str, ...]
    gradient: InputGradient

    def __call__(
        self, columns: Mapping[str, Column], expected: FloatArray
    ) -> dict[str, FloatArray]:
        """Return the derivatives by each feature; as ColumnGradient.

        Raises KeyError for a feature that there is none of, ValueError for one without numbers.
        """
        parts = [_numbers(name, columns[name]) for name in self.names]
        slopes = self.gradient(np.column_stack(parts), expected)
        ends = np.cumsum([1 if part.ndim == 1 else part.shape[1] for part in parts])
        split = np.split(slopes, ends[:-1], axis=1)
        return {
            name: own.reshape(part.shape)
            for name, own, part in zip(self.names, split, parts, strict=True)
        }


@dataclass(frozen=True, slots=True)
class PointsGradient:
    """A gradient by raw features as a LossGradient on points: by the chain rule, times the scale.

    expected: (n,), the outcome of each record that the loss is of. A missing number is given to
    the gradient as the reference's centre, and has no derivative itself.
    """

    points: Points
    gradient: ColumnGradient
    expected: FloatArray

    def __call__(self, points: FloatArray, places: IntArray) -> FloatArray:
        """Return the gradient by points (m, d) of records ``places`` (m,); (m, d)."""
        columns = self._without_gaps(self.points.table(points, places).columns)
        slopes = self.gradient(columns, self.expected[places])
        found = np.zeros(points.shape)
        at = 0
        for each in self.points.features:
            width = each.size if each.values is Values.EMBEDDING else 1
            if each.name in slopes:
                own = np.reshape(slopes[each.name], (len(points), width))
                # One-hot columns are not scaled in points.
                found[:, at : at + width] = own * (1.0 if each.group else each.scale)
            at += width
        found[self.points.frozen[places]] = 0.0
        return found

    def _without_gaps(self, columns: Mapping[str, Column]) -> dict[str, Column]:
        filled = dict(columns)
        for each in self.points.space.features:
            column = columns[each.name]
            if each.values in (Values.NUMERIC, Values.EMBEDDING) and column.dtype != object:
                filled[each.name] = np.where(np.isnan(column), each.centre, column)
        return filled


def _numbers(name: str, column: Column) -> FloatArray:
    try:
        return column.astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"feature {name!r} holds what is no number: there is no gradient by it; use an attack "
            "that needs none"
        ) from None
