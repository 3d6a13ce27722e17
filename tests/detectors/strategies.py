"""Counts, tables of raw columns, and what the detectors make of them, for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from detectors.bins import quantile_edges
from detectors.cells import MISSING, OTHER, TOP_LEVELS, UNSEEN, VALUE_BINS
from detectors.columns import Columns
from detectors.counts import Counts, FloatArray, IntArray
from detectors.directions import FEWEST_RECORDS, DerivedSums, Directions
from detectors.kernel import draw_frequencies, standardise
from detectors.profile import Kernel, Profile
from detectors.sample import Sample, record_hashes
from detectors.summarise import summarise
from detectors.summary import Summary

COMPONENTS = 64


@dataclass(frozen=True, slots=True)
class Table:
    """Raw columns of n records, by feature name.

    numeric: (n,), nan where missing. categorical: n levels, None where missing. embeddings:
    (n, size), a row of nan where missing. invalid: (k, 2), as in Columns. score, offsets, times:
    (n,); by default no score, and one record per offset and millisecond.
    """

    numeric: dict[str, FloatArray] = field(default_factory=dict)
    categorical: dict[str, Sequence[str | None]] = field(default_factory=dict)
    embeddings: dict[str, FloatArray] = field(default_factory=dict)
    invalid: IntArray = field(default_factory=lambda: np.zeros((0, 2), dtype=np.int64))
    score: FloatArray | None = None
    offsets: IntArray | None = None
    times: IntArray | None = None

    def __len__(self) -> int:
        columns = [*self.numeric.values(), *self.categorical.values(), *self.embeddings.values()]
        return len(columns[0])


def profile_of(table: Table, components: int = COMPONENTS, seed: int = 0) -> Profile:
    """Return the profile of a reference that holds these columns, with kernels drawn by seed."""
    rng = np.random.default_rng(seed)
    present = [column[~np.isnan(column)] for column in table.numeric.values()]
    lows = [column.min(initial=np.inf) for column in present]
    highs = [column.max(initial=-np.inf) for column in present]
    ends = zip(present, lows, highs, strict=True)
    edges = [quantile_edges(column, low, high) for column, low, high in ends]
    ranked = [_levels_by_frequency(column) for column in table.categorical.values()]
    vectors = [each[~np.isnan(each).any(axis=1)] for each in table.embeddings.values()]
    columns = len(present) + len(ranked)
    centre = np.array([_median(column) for column in present])
    scale = np.array([robust_sd(column) for column in present])
    return Profile(
        numeric=tuple(table.numeric),
        categorical=tuple(table.categorical),
        edges=np.array(edges).reshape(len(edges), VALUE_BINS - 1),
        centre=centre,
        scale=scale,
        low=np.array(lows),
        high=np.array(highs),
        levels=tuple(tuple(levels[:TOP_LEVELS]) for levels in ranked),
        others=tuple(frozenset(levels[TOP_LEVELS:]) for levels in ranked),
        embeddings=tuple(table.embeddings),
        embedding_centre=tuple(np.array([_median(x) for x in each.T]) for each in vectors),
        embedding_scale=tuple(np.array([robust_sd(x) for x in each.T]) for each in vectors),
        kernels=(
            _tabular_kernel(rng, len(present), len(ranked), components, _bandwidth(columns)),
            *(_vector_kernel(rng, each.shape[1], components) for each in vectors),
        ),
        prediction=0,
        directions=_directions(table, centre, scale),
    )


def _directions(table: Table, centre: FloatArray, scale: FloatArray) -> Directions | None:
    """Return the directions of a table's records, repeated until there are enough of them."""
    if len(centre) < 2:
        return None
    numeric = np.array(list(table.numeric.values())).reshape(len(centre), -1).T
    repeated = np.tile(numeric, (FEWEST_RECORDS // max(len(numeric), 1) + 1, 1))
    return Directions.fit(standardise(repeated, centre, scale))


def columns_of(profile: Profile, table: Table) -> Columns:
    """Return a table as columns, coded by the profile."""
    n = len(table)
    offsets = np.arange(n) if table.offsets is None else table.offsets
    codes = [
        _codes(column, levels, others)
        for column, levels, others in zip(
            table.categorical.values(), profile.levels, profile.others, strict=True
        )
    ]
    return Columns(
        numeric=np.array(list(table.numeric.values())).reshape(-1, n).T,
        codes=np.array(codes, dtype=np.int16).reshape(-1, n).T,
        embeddings=tuple(table.embeddings.values()),
        invalid=table.invalid,
        score=np.full(n, np.nan) if table.score is None else table.score,
        hashes=record_hashes(7, offsets),
        times=offsets if table.times is None else table.times,
        partitions=np.zeros(n, dtype=np.int64),
        offsets=offsets,
    )


def summary_of(profile: Profile, table: Table) -> Summary:
    """Return the summary of a table's records."""
    return summarise(profile, columns_of(profile, table))


def rows(columns: Columns, chosen: IntArray) -> Columns:
    """Return some records of columns, in the order given."""
    place = np.full(len(columns), -1)
    place[chosen] = np.arange(len(chosen))
    invalid = columns.invalid[place[columns.invalid[:, 0]] >= 0]
    return Columns(
        numeric=columns.numeric[chosen],
        codes=columns.codes[chosen],
        embeddings=tuple(each[chosen] for each in columns.embeddings),
        invalid=np.column_stack([place[invalid[:, 0]], invalid[:, 1]]),
        score=columns.score[chosen],
        hashes=columns.hashes[chosen],
        times=columns.times[chosen],
        partitions=columns.partitions[chosen],
        offsets=columns.offsets[chosen],
        late=0,
    )


def bits(part: Summary | DerivedSums | Sample) -> dict[str, object]:
    """Return every field of a summary as bytes, so that equality is equality of bits."""
    told: dict[str, object] = {}
    for each in fields(part):
        value = getattr(part, each.name)
        told[each.name] = (
            bits(value)
            if isinstance(value, (DerivedSums, Sample))
            else value.tobytes()
            if isinstance(value, np.ndarray)
            else value
        )
    return told


def counts(features: int, bins: int, least: int = 0, most: int = 1000) -> st.SearchStrategy[Counts]:
    """Draw counts in which every feature has at least one record."""
    tables = arrays(np.int64, (features, bins), elements=st.integers(least, most))
    return tables.filter(lambda table: bool((table.sum(axis=1) > 0).all())).map(Counts)


def drift_free(
    shares: Sequence[float] | FloatArray, n: int, m: int, runs: int, seed: int
) -> tuple[Counts, Counts]:
    """Simulate a reference of n and a window of m records with equal shares; a row is a run."""
    rng = np.random.default_rng(seed)
    return Counts(rng.multinomial(n, shares, runs)), Counts(rng.multinomial(m, shares, runs))


def mean_and_error(values: FloatArray) -> tuple[float, float]:
    """Return the mean of independent runs and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def numbers(most: float = 1e3, missing: bool = True) -> st.SearchStrategy[float]:
    """Draw a value of a numeric feature: often one of few, sometimes missing (nan)."""
    any_number = st.floats(-most, most, allow_nan=False)
    few = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.5])
    return st.one_of(any_number, few, st.just(np.nan)) if missing else st.one_of(any_number, few)


@st.composite
def tables(draw: st.DrawFn, least: int = 1, most: int = 40) -> Table:
    """Draw a table with numeric features, a categorical one and an embedding."""
    n = draw(st.integers(least, most))
    level = st.sampled_from(["a", "b", "c", None])
    vectors = draw(arrays(np.float64, (n, 3), elements=st.floats(-10, 10)))
    vectors[draw(arrays(np.bool_, n))] = np.nan
    invalid = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, 3)), max_size=4))
    return Table(
        numeric={
            "x": draw(arrays(np.float64, n, elements=numbers())),
            "y": draw(arrays(np.float64, n, elements=numbers(1e9))),
        },
        categorical={"plan": draw(st.lists(level, min_size=n, max_size=n))},
        embeddings={"text": vectors},
        invalid=np.array(invalid, dtype=np.int64).reshape(-1, 2),
        score=draw(arrays(np.float64, n, elements=st.floats(0, 1))),
    )


def robust_sd(values: FloatArray) -> float:
    """Return the interquartile range as a normal's sd; else the sd, else 1."""
    if not len(values):
        return 1.0
    low, high = np.quantile(values, [0.25, 0.75])
    return float((high - low) / 1.349 or values.std() or 1.0)


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _levels_by_frequency(column: Sequence[str | None]) -> list[str]:
    present = [level for level in column if level is not None]
    return sorted(set(present), key=lambda level: (-present.count(level), level))


def _codes(
    column: Sequence[str | None], levels: tuple[str, ...], others: frozenset[str] | None
) -> list[int]:
    known = {level: code for code, level in enumerate(levels)}
    known |= dict.fromkeys(others or (), OTHER)
    return [MISSING if level is None else known.get(level, UNSEEN) for level in column]


def _bandwidth(columns: int) -> float:
    """Return about the median distance of two records of standard normal columns."""
    return float(np.sqrt(2 * max(columns, 1)))


def _tabular_kernel(
    rng: np.random.Generator, numeric: int, categorical: int, components: int, bandwidth: float
) -> Kernel:
    return Kernel(
        frequencies=draw_frequencies(rng, numeric, components, bandwidth),
        missing=draw_frequencies(rng, numeric, components, bandwidth),
        levels=tuple(
            draw_frequencies(rng, TOP_LEVELS + 3, components, bandwidth) for _ in range(categorical)
        ),
        bandwidth=bandwidth,
    )


def _vector_kernel(rng: np.random.Generator, size: int, components: int) -> Kernel:
    bandwidth = _bandwidth(size)
    frequencies = draw_frequencies(rng, size, components, bandwidth)
    return Kernel(frequencies, np.zeros((0, components)), (), bandwidth)
