"""Small real references and blocks for the tests of the evidence."""

from dataclasses import dataclass, replace

import numpy as np

from detectors.bins import count_into, quantile_edges
from detectors.cells import MISSING, VALUE_BINS, WIDTH
from detectors.counts import FloatArray, IntArray
from detectors.directions import DerivedSums, Directions
from detectors.evidence.closing import Closing
from detectors.evidence.learned import Learned
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.profile import Kernel, Profile
from detectors.summary import Summary

LEVELS = ("basic", "plus", "trial", "gone")
LEVEL_SHARES = np.array([0.5, 0.3, 0.15, 0.05])
BLOCK_MS = 600_000


@dataclass(frozen=True, slots=True)
class Records:
    """numeric: (n, features), nan where missing. codes: (n,), one categorical feature."""

    numeric: FloatArray
    codes: IntArray


def draw(rng: np.random.Generator, records: int, features: int = 4, shift: float = 0.0) -> Records:
    """Draw records of correlated normals and one category."""
    common = rng.standard_normal((records, 1))
    own = rng.standard_normal((records, features))
    numeric = np.sqrt(0.3) * common + np.sqrt(0.7) * own + shift
    return Records(numeric, rng.choice(len(LEVELS), records, p=LEVEL_SHARES))


def profile_of(records: Records) -> Profile:
    """Return the profile that a reference of these records fixes."""
    features = records.numeric.shape[1]
    columns = [column[~np.isnan(column)] for column in records.numeric.T]
    edges = [
        quantile_edges(column, column.min(initial=np.inf), column.max(initial=-np.inf))
        for column in columns
    ]
    return Profile(
        numeric=tuple(f"x{place}" for place in range(features)),
        categorical=("plan",),
        edges=np.array(edges).reshape(features, VALUE_BINS - 1),
        centre=np.zeros(features),
        scale=np.ones(features),
        low=np.full(features, -np.inf),
        high=np.full(features, np.inf),
        levels=(LEVELS,),
        others=(frozenset(),),
        embeddings=(),
        embedding_centre=(),
        embedding_scale=(),
        kernels=(Kernel(np.zeros((features, 1)), np.zeros((0, 1)), (), 1.0),),
        prediction=0,
    )


def count(profile: Profile, records: Records) -> IntArray:
    """Count records into a profile's table; shape (features, WIDTH)."""
    numeric = len(profile.numeric)
    table = np.zeros((len(profile.features), WIDTH), dtype=np.int64)
    table[:numeric, :VALUE_BINS] = count_into(records.numeric, profile.edges)
    table[:numeric, MISSING] = len(records.numeric) - table[:numeric].sum(axis=1)
    if profile.categorical:
        table[numeric] = np.bincount(records.codes, minlength=WIDTH)
    return table


def counted(profile: Profile, records: Records) -> Summary:
    """Return a summary that holds what the evidence needs of records."""
    derived = DerivedSums.nothing()
    if profile.directions is not None:
        derived = profile.directions.sums(records.numeric)
    return replace(
        Summary.empty(profile),
        records=len(records.codes),
        counts=count(profile, records),
        derived=derived,
    )


@dataclass(frozen=True, slots=True)
class Stream:
    """A reference's bets, and what closes the blocks that are compared with it."""

    profile: Profile
    closing: Closing
    ratios: Ratios

    @classmethod
    def of(
        cls,
        records: Records,
        tolerance: float = 0.0,
        ignore_below: float = 0.0,
        wanders: bool = False,
    ) -> "Stream":
        """Build the bets of a reference of some records, all groups together."""
        directions = Directions.fit(records.numeric[::2])
        profile = replace(profile_of(records), directions=directions)
        counts = count(profile, records)
        learned = Learned.of(profile, counts, records.numeric[1::2])
        ratios = learned.ratios(profile, counts, wanders, ignore_below)
        closing = learned.closing(profile, counts)
        return cls(profile, closing, replace(ratios, tolerance=tolerance))

    def block(self, number: int, records: Records) -> Observed:
        """Return what is observed of records that are a whole block."""
        middle_ms = number * BLOCK_MS + BLOCK_MS // 2
        return self.closing.observed(number, middle_ms, counted(self.profile, records))
