"""What a reference fixes about the features: bins, levels, standardisation, kernel."""

from dataclasses import dataclass

from detectors.counts import FloatArray
from detectors.directions import Directions


@dataclass(frozen=True, slots=True)
class Kernel:
    """Random Fourier features of an RBF kernel over standardised columns.

    frequencies: (columns, components), multiples of 2**-14, so that projections of values
    on the grid of 2**-10 are exact and sums do not depend on their order.
    missing: (columns, components) for the columns' missing indicators, or (0, components).
    levels: one (TOP_LEVELS + 3, components) table per categorical column: levels, other,
    never-seen, missing.
    bandwidth: the median distance that the frequencies were drawn for.

    Source: Rahimi and Recht (2007), Random features for large-scale kernel machines.
    """

    frequencies: FloatArray
    missing: FloatArray
    levels: tuple[FloatArray, ...]
    bandwidth: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The reference's fixed view of a model's features, shared by every summary.

    Rows of a table of counts are the numeric features, then the categorical ones.

    edges: (numeric, VALUE_BINS - 1), bin k holds edge[k-1] < x <= edge[k]; unused ones are +inf.
    centre, scale: (numeric,), median and robust sd that standardise each numeric feature.
    low, high: (numeric,), the range in which a value counts as in range.
    levels: for each categorical feature its top levels, most frequent first.
    others: for each categorical feature the other levels the reference saw; None where there
    were too many to keep, so that "never seen" cannot be told.
    embeddings: names of the embedding features; embedding_centre and embedding_scale hold one
    (size,) array for each.
    kernels: of all tabular features jointly, then one for each embedding.
    prediction: row of the prediction whose score ADWIN watches.
    directions: that joint changes of the numeric features show in; None where the reference
    has too few of them or of records.
    """

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    edges: FloatArray
    centre: FloatArray
    scale: FloatArray
    low: FloatArray
    high: FloatArray
    levels: tuple[tuple[str, ...], ...]
    others: tuple[frozenset[str] | None, ...]
    embeddings: tuple[str, ...]
    embedding_centre: tuple[FloatArray, ...]
    embedding_scale: tuple[FloatArray, ...]
    kernels: tuple[Kernel, ...]
    prediction: int
    directions: Directions | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """Names in the order of the rows of a table of counts."""
        return self.numeric + self.categorical
