"""Samples of records with every kind of feature, for tests of perturbations of tables."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from detectors.robustness.perturbations.perturbation import Perturbation, Variant
from detectors.robustness.space import QUANTILES, Feature, Space, Values
from detectors.robustness.table import Column, Sample, Table

COLOURS = ("red", "green", "blue", "grey")
REFERENCE = np.linspace(-20.0, 120.0, QUANTILES)

SPACE = Space(
    (
        Feature("amount", Values.NUMERIC, low=-50, high=200, scale=25.0, quantiles=REFERENCE),
        Feature(
            "count",
            Values.NUMERIC,
            integer=True,
            low=0,
            high=20,
            centre=10.0,
            scale=3.0,
            quantiles=np.linspace(0.5, 19.5, QUANTILES),
        ),
        Feature("age", Values.NUMERIC, immutable=True, scale=10.0, quantiles=REFERENCE),
        Feature("a", Values.NUMERIC, integer=True, low=0, high=1, group="abc"),
        Feature("b", Values.NUMERIC, integer=True, low=0, high=1, group="abc"),
        Feature("c", Values.NUMERIC, integer=True, low=0, high=1, group="abc"),
        Feature(
            "colour",
            Values.CATEGORICAL,
            levels=COLOURS,
            shares=np.array([0.6, 0.3, 0.07, 0.03]),
        ),
        Feature("sex", Values.CATEGORICAL, levels=("f", "m"), immutable=True),
        Feature("flag", Values.BOOLEAN),
        Feature("vector", Values.EMBEDDING, size=3, low=-4, high=4),
        Feature("note", Values.TEXT),
    )
)


def objects(values: list[object]) -> NDArray[np.object_]:
    """Return values as a column of objects (n,)."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def mixed(n: int, seed: int, missing: float = 0.1) -> Sample:
    """Return n records of ``SPACE`` with labels, segments and a share of missing values."""
    rng = np.random.default_rng(seed)

    def number(values: Column) -> Column:
        values[rng.random(n) < missing] = np.nan
        return values

    def some(values: list[object]) -> NDArray[np.object_]:
        column = objects(values)
        column[rng.random(n) < missing] = None
        return column

    hot = np.eye(3)[rng.integers(3, size=n)]
    table = Table(
        {
            "amount": number(rng.normal(50, 30, n).clip(-50, 200)),
            "count": number(rng.integers(0, 21, n).astype(np.float64)),
            "age": number(rng.normal(40, 10, n)),
            "a": hot[:, 0],
            "b": hot[:, 1],
            "c": hot[:, 2],
            "colour": some([COLOURS[code] for code in rng.integers(4, size=n)]),
            "sex": some([("f", "m")[code] for code in rng.integers(2, size=n)]),
            "flag": some([bool(code) for code in rng.integers(2, size=n)]),
            "vector": number(rng.normal(size=(n, 3)).clip(-4, 4)),
            "note": some([f"Note {code}" for code in rng.integers(99, size=n)]),
        }
    )
    labels = rng.integers(2, size=n).astype(np.float64)
    segments = objects([("north", "south")[code] for code in rng.integers(2, size=n)])
    return Sample(objects([f"id-{place}" for place in range(n)]), table, labels, segments)


def samples(least: int = 1) -> st.SearchStrategy[Sample]:
    """Return mixed samples of few records."""
    return st.builds(mixed, st.integers(least, 60), st.integers(0, 2**32 - 1))


def numbers(columns: dict[str, Column], **features: object) -> tuple[Sample, Space]:
    """Return a sample of numeric columns, and its space; features: options of each feature."""
    space = Space(tuple(Feature(name, Values.NUMERIC, **features) for name in columns))
    table = Table({name: np.asarray(column, dtype=np.float64) for name, column in columns.items()})
    return Sample(objects([str(place) for place in range(len(table))]), table), space


def applied(
    perturbation: Perturbation, sample: Sample, space: Space, severity: float, seed: int = 0
) -> list[Variant]:
    """Return the variants of a perturbation drawn with a seed."""
    return list(perturbation(sample, space, severity, np.random.default_rng(seed)))


def same(first: Column, second: Column) -> np.ndarray:
    """Tell which values (n,) are the same, in type too; missing ones are the same."""
    if first.dtype != second.dtype:
        return np.zeros(len(first), dtype=np.bool_)
    if first.dtype == object:
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return np.array([one == other and type(one) is type(other) for one, other in pairs])
    equal = (first == second) | (np.isnan(first) & np.isnan(second))
    return equal.all(axis=1) if equal.ndim > 1 else equal
