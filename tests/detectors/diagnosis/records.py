"""Records of a small world with a known model in it."""

from dataclasses import dataclass, replace

import numpy as np

from detectors.columns import Columns
from detectors.counts import FloatArray, IntArray
from detectors.performance.pairs import Pairs
from detectors.sample import record_hashes

INPUTS = ("temperature", "income", "age", "amount", "load", "wind")
PLANS = ("basic", "plus", "trial", "gone")
PLAN_SHARES = np.array([0.5, 0.3, 0.15, 0.05])
FACTORS = 6


@dataclass(frozen=True, slots=True)
class Records:
    """factors: (n, FACTORS), correlated standard normals that all else follows from.

    numeric: (n, FACTORS), as the model is told. plans: (n,), codes. labels: (n,), 0 or 1.
    invalid: (k, 2), as in Columns.
    """

    factors: FloatArray
    numeric: FloatArray
    plans: IntArray
    labels: IntArray
    invalid: IntArray

    def __len__(self) -> int:
        return len(self.labels)


def factors_of(rng: np.random.Generator, n: int) -> FloatArray:
    """Draw the factors of n records."""
    return np.sqrt(0.3) * rng.standard_normal((n, 1)) + np.sqrt(0.7) * rng.standard_normal(
        (n, FACTORS)
    )


def told(factors: FloatArray) -> FloatArray:
    """Return the numeric features in their units."""
    return np.column_stack(
        [
            20 + 8 * factors[:, 0],
            np.exp(10 + 0.5 * factors[:, 1]),
            45 + 12 * factors[:, 2],
            100 * np.exp(factors[:, 3]),
            factors[:, 4],
            5 + 2 * factors[:, 5],
        ]
    )


def chance(numeric: FloatArray, plans: IntArray) -> FloatArray:
    """Return the model's probability of a positive label; values that it lacks count as usual."""
    scaled = [
        (numeric[:, 0] - 20) / 8,
        (np.log(np.maximum(numeric[:, 1], 1e-9)) - 10) / 0.5,
        (numeric[:, 2] - 45) / 12,
    ]
    temperature, income, age = (np.nan_to_num(each) for each in scaled)
    odds = 1.5 * temperature - 1.2 * income + 1.0 * age + 0.8 * (plans == 2) - 0.5
    return 1 / (1 + np.exp(-np.clip(odds, -30, 30)))


def quiet(rng: np.random.Generator, n: int) -> Records:
    """Draw records of which nothing is to be said."""
    return records_of(rng, factors_of(rng, n), rng.choice(len(PLANS), n, p=PLAN_SHARES))


def records_of(rng: np.random.Generator, factors: FloatArray, plans: IntArray) -> Records:
    """Return records with these inputs, with the labels that follow from them."""
    numeric = told(factors)
    labels = (rng.random(len(plans)) < chance(numeric, plans)).astype(np.int64)
    return Records(factors, numeric, plans, labels, np.zeros((0, 2), dtype=np.int64))


def scored(records: Records) -> FloatArray:
    """Return the model's probabilities for what it is told; (n,)."""
    return chance(records.numeric, records.plans)


def columns_of(records: Records) -> Columns:
    """Return records as columns, the prediction as the last numeric one."""
    n = len(records)
    scores = scored(records)
    offsets = np.arange(n)
    return Columns(
        numeric=np.column_stack([records.numeric, scores]),
        codes=records.plans[:, None].astype(np.int16),
        embeddings=(),
        invalid=records.invalid,
        score=scores,
        hashes=record_hashes(7, offsets),
        times=offsets,
        partitions=np.zeros(n, dtype=np.int64),
        offsets=offsets,
    )


def pairs_of(records: Records) -> Pairs:
    """Return the predictions with their labels."""
    n = len(records)
    offsets = np.arange(n)
    return Pairs(
        predicted=scored(records),
        actual=records.labels.astype(np.float64),
        confidence=np.full(n, np.nan),
        hashes=record_hashes(7, offsets),
        times=offsets,
        partitions=np.zeros(n, dtype=np.int64),
        offsets=offsets,
    )


def chosen(records: Records, rows: IntArray) -> Records:
    """Return some of the records."""
    return replace(
        records,
        factors=records.factors[rows],
        numeric=records.numeric[rows],
        plans=records.plans[rows],
        labels=records.labels[rows],
    )
