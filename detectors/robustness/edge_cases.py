"""Records at the edges of what a model may meet, as a set that can be kept and replayed.

Values at and beyond a feature's range, corners of all ranges together, rare pairs of categories,
and records near some that were odd in production. An edge case is a new record, no changed one of
the world, so immutable features take part.

Source: boundary values (Myers 1979, The art of software testing) and pairs (Cohen et al. 1997, The
AETG system, IEEE Transactions on Software Engineering 23(7)).
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import combinations
from typing import Any

import numpy as np

from detectors.counts import IntArray
from detectors.robustness.edge_values import odd_values
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Sample, Table

CORNERS = 16
PAIRS = 32
COPIES = 2
NEAR_SD = 0.05
"""By how many robust sds near-duplicates differ, on average; integers by 1."""


@dataclass(frozen=True, slots=True)
class EdgeCase:
    """One record at an edge.

    values: of all features, as JSON holds them, None where missing. parent: the id of the record
    that it was made of. what: is at the edge, in words. expect_answer: whether the model must give
    an answer; where not, it may refuse in words, but not break.
    """

    values: Mapping[str, Any]
    parent: str
    what: str
    expect_answer: bool

    @property
    def id(self) -> str:
        """A name that the same values always have."""
        told = json.dumps(self.values, sort_keys=True)
        return f"edge-{sha256(told.encode()).hexdigest()[:16]}"


def generate(
    space: Space, sample: Sample, rng: np.random.Generator, odd: Sample | None = None
) -> tuple[EdgeCase, ...]:
    """Return edge cases made of a sample, none of them twice.

    odd: records that production rejected or that lie outside of the reference. The same sample
    and seed give the same cases. Raises ValueError for a sample without a record.
    """
    if not len(sample):
        raise ValueError("the sample has no record to make edge cases of; give it one")
    found = [*_single_values(space, sample, rng), *_corners(space, sample, rng)]
    found += _rare_pairs(space, sample, rng)
    if odd is not None and len(odd):
        found += _near_duplicates(space, odd, rng)
    unique: dict[str, EdgeCase] = {}
    for each in found:
        unique.setdefault(each.id, each)
    return tuple(unique.values())


def to_json(cases: Iterable[EdgeCase]) -> str:
    """Return cases as JSON, which `from_json` reads to the bit."""
    return json.dumps([{"id": each.id, **asdict(each)} for each in cases], indent=1)


def from_json(text: str) -> tuple[EdgeCase, ...]:
    """Return cases that were written by `to_json`.

    Raises ValueError where one is no edge case, or does not hold what its id was made of.
    """
    cases = []
    for place, told in enumerate(json.loads(text)):
        try:
            name = told.pop("id")
            case = EdgeCase(**told)
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"edge case {place} cannot be read: {error}") from None
        if name != case.id:
            raise ValueError(
                f"edge case {place}: its values are not those of {name!r}; write it anew"
            )
        cases.append(case)
    return tuple(cases)


def as_table(space: Space, cases: Sequence[EdgeCase]) -> Table:
    """Return the records of cases; a column with a value of another type holds objects."""
    return Table(
        {
            each.name: _column(each, [case.values[each.name] for case in cases])
            for each in space.features
        }
    )


def _single_values(space: Space, sample: Sample, rng: np.random.Generator) -> Iterator[EdgeCase]:
    """Yield records with one odd value, or with a one-hot group of none."""
    for feature in space.features:
        for what, value, expected in () if feature.group else odd_values(feature):
            yield _case(space, sample, _any_of(sample, rng), {feature.name: value}, what, expected)
    for name, group in space.groups.items():
        none = {each.name: 0.0 for each in group}
        what = f"no column of {name} is 1"
        yield _case(space, sample, _any_of(sample, rng), none, what, False)


def _corners(space: Space, sample: Sample, rng: np.random.Generator) -> Iterator[EdgeCase]:
    """Yield records with every number at an end of its range: all low, all high, and mixed."""
    numbers = [
        each
        for each in space.features
        if each.values is Values.NUMERIC and not each.group and _bounded(each)
    ]
    if len(numbers) < 2:
        return
    ends = rng.random((CORNERS, len(numbers))) < 0.5
    ends[0], ends[1] = False, True
    for high in ends:
        values = {
            each.name: each.high if up else each.low for each, up in zip(numbers, high, strict=True)
        }
        told = " and ".join(
            f"{', '.join(names)} at the {end}"
            for end, names in (
                ("lowest", [each.name for each, up in zip(numbers, high, strict=True) if not up]),
                ("highest", [each.name for each, up in zip(numbers, high, strict=True) if up]),
            )
            if names
        )
        yield _case(space, sample, _any_of(sample, rng), values, told, True)


def _rare_pairs(space: Space, sample: Sample, rng: np.random.Generator) -> Iterator[EdgeCase]:
    """Yield records with two categories that meet seldom though each is frequent."""
    found = []
    coded = {
        each.name: (each, _codes(each, sample)) for each in space.features if len(_levels(each)) > 1
    }
    for (first, a), (second, b) in combinations(coded.values(), 2):
        known = (a >= 0) & (b >= 0)
        counts = np.zeros((len(_levels(first)), len(_levels(second))), dtype=np.int64)
        np.add.at(counts, (a[known], b[known]), 1)
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(1, known.sum())
        for one, other in np.argwhere(counts < expected).tolist():
            rank = (int(counts[one, other]), -float(expected[one, other]))
            found.append((rank, first, one, second, other))
    found.sort(key=lambda each: each[0])
    for (count, _), first, one, second, other in found[:PAIRS]:
        near = np.flatnonzero(coded[first.name][1] == one)
        values = {first.name: _levels(first)[one], second.name: _levels(second)[other]}
        told = " and ".join(f"{name} is {value!r}" for name, value in values.items())
        what = f"{told}, which {count} of {len(sample)} records have"
        yield _case(space, sample, int(rng.choice(near)), values, what, True)


def _near_duplicates(space: Space, odd: Sample, rng: np.random.Generator) -> Iterator[EdgeCase]:
    """Yield odd records as they came, and with every number a little different."""
    for place in range(len(odd)):
        yield _case(space, odd, place, {}, "an odd record of production, as it came", False)
    for _ in range(COPIES):
        moved = {
            each.name: _moved(each, odd.table.columns[each.name], rng) for each in space.features
        }
        near = space.repaired(odd.table.changed(moved), odd.table)
        for place in range(len(odd)):
            values = _record(near, place)
            yield _case(space, odd, place, values, "near an odd record of production", False)


def _moved(feature: Feature, column: Column, rng: np.random.Generator) -> Column:
    numbers = feature.values in (Values.NUMERIC, Values.EMBEDDING) and column.dtype != object
    if not numbers or feature.group:
        return column
    if feature.integer:
        return np.where(rng.random(column.shape) < 0.5, column - 1, column + 1)
    return column + rng.normal(scale=NEAR_SD * feature.scale, size=column.shape)


def _case(
    space: Space,
    sample: Sample,
    place: int,
    values: Mapping[str, Any],
    what: str,
    expect_answer: bool,
) -> EdgeCase:
    record: dict[str, Any] = {each.name: None for each in space.features}
    record |= _record(sample.table, place) | dict(values)
    return EdgeCase(record, str(sample.ids[place]), what, expect_answer)


def _record(table: Table, place: int) -> dict[str, Any]:
    """Return a record as JSON holds it, None for a missing value."""
    return {name: _plain(column[place]) for name, column in table.columns.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return None if np.isnan(value).any() else value.tolist()
    if isinstance(value, np.generic):
        value = value.item()
    return None if value != value else value


def _column(feature: Feature, values: Sequence[Any]) -> Column:
    if feature.values is Values.NUMERIC and all(map(_is_number, values)):
        return np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    if feature.values is Values.EMBEDDING and all(
        _is_vector(each, feature.size) for each in values
    ):
        missing = [np.nan] * feature.size
        rows = [missing if each is None else each for each in values]
        return np.array(rows, dtype=np.float64).reshape(len(values), feature.size)
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column


def _is_number(value: Any) -> bool:
    """Tell whether a value is missing or a number that a float holds."""
    return value is None or type(value) is float or (type(value) is int and abs(value) <= 2**53)


def _is_vector(value: Any, size: int) -> bool:
    return value is None or (
        isinstance(value, list)
        and len(value) == size
        and all(_is_number(each) and each is not None for each in value)
    )


def _bounded(feature: Feature) -> bool:
    return bool(np.isfinite(feature.low) and np.isfinite(feature.high))


def _levels(feature: Feature) -> tuple[object, ...]:
    if feature.values is Values.BOOLEAN:
        return (False, True)
    return feature.levels if feature.values is Values.CATEGORICAL else ()


def _codes(feature: Feature, sample: Sample) -> IntArray:
    """Return the places of a category's values among its levels, -1 where there is none."""
    known = {level: code for code, level in enumerate(_levels(feature))}
    column = sample.table.columns[feature.name]
    return np.array(
        [known.get(value, -1) if isinstance(value, str | bool) else -1 for value in column],
        dtype=np.int64,
    )


def _any_of(sample: Sample, rng: np.random.Generator) -> int:
    return int(rng.integers(len(sample)))
