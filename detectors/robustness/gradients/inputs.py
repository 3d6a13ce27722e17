"""Gradients by a model's raw inputs as gradients by scaled points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.points import Points
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table


class InputGradient(Protocol):
    """The gradient of a model's loss by its inputs.

    inputs: (m, width), raw features as the model takes them. expected: (m,), the outcome that
    each loss is of: a class's code, or the value of a regression. Returns (m, width).
    """

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray: ...


@dataclass(frozen=True, slots=True)
class PointsGradient:
    """A gradient by raw inputs as a LossGradient on points: by the chain rule, times the scale.

    inputs: the model's features in the order of its columns, an embedding taking ``size`` of
    them. expected: (n,), the outcome of each record that the loss is of.
    Where a value is missing the gradient is that at the reference's centre.
    """

    points: Points
    inputs: tuple[Feature, ...]
    gradient: InputGradient
    expected: FloatArray

    @classmethod
    def of(
        cls,
        points: Points,
        gradient: InputGradient,
        expected: FloatArray,
        inputs: Sequence[str] | None = None,
    ) -> "PointsGradient":
        """Join a gradient with points; inputs: names, all features of the space by default.

        Raises ValueError for an input that is not a number, and KeyError for one unknown.
        """
        space: Space = points.space
        chosen = space.features if inputs is None else tuple(space[name] for name in inputs)
        for each in chosen:
            if each.values in (Values.CATEGORICAL, Values.TEXT):
                raise ValueError(
                    f"feature {each.name!r} is {each.values}: there is no gradient by it; use an "
                    "attack that needs none"
                )
        return cls(points, chosen, gradient, expected)

    def __call__(self, points: FloatArray, places: IntArray) -> FloatArray:
        """Return the gradient by points (m, d) of records ``places`` (m,); (m, d)."""
        raw = self._matrix(self.points.table(points, places))
        slopes = self.gradient(raw, self.expected[places])
        found = np.zeros(points.shape)
        starts = dict(zip((each.name for each in self.inputs), _starts(self.inputs), strict=True))
        ends = _starts(self.points.features)
        for each, at in zip(self.points.features, ends, strict=True):
            if each.name in starts:
                width = _width(each)
                own = slopes[:, starts[each.name] : starts[each.name] + width]
                found[:, at : at + width] = own * (1.0 if each.group else each.scale)
        found[self.points.frozen[places]] = 0.0
        return found

    def _matrix(self, table: Table) -> FloatArray:
        columns = []
        for each in self.inputs:
            column = np.asarray(table.columns[each.name].astype(np.float64))
            columns.append(np.where(np.isnan(column), each.centre, column))
        return np.column_stack(columns)


def _width(feature: Feature) -> int:
    return feature.size if feature.values is Values.EMBEDDING else 1


def _starts(features: Sequence[Feature]) -> list[int]:
    """Return the first column of each feature."""
    widths = [_width(each) for each in features]
    return [sum(widths[:place]) for place in range(len(widths))]
