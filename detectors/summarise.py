"""From columns of records to the summary of a block, vectorised over features."""

import numpy as np
from numpy.typing import NDArray

from detectors.bins import count_into
from detectors.cells import MISSING, VALUE_BINS, WIDTH
from detectors.columns import Columns
from detectors.counts import FloatArray, IntArray
from detectors.directions import DerivedSums
from detectors.grids import SUM_GRID
from detectors.kernel import project_tabular, standardise, sum_of_waves
from detectors.profile import Profile
from detectors.sample import Sample
from detectors.summary import Summary
from detectors.support import out_of_range, outlying


def summarise(profile: Profile, columns: Columns) -> Summary:
    """Return the summary of records of one stream and block.

    Records may be cut into calls in any way: the summaries' sum is the same, bit for bit.
    """
    records = len(columns)
    standard = standardise(columns.numeric, profile.centre, profile.scale)
    present = np.where(np.isnan(standard), 0.0, standard * SUM_GRID)
    joint = sum_of_waves(project_tabular(profile.kernels[0], standard, columns.codes))
    outside = out_of_range(profile, columns)
    directions = profile.directions
    embedded = [
        _embedding_waves(profile, place, vectors)
        for place, vectors in enumerate(columns.embeddings)
    ]
    return Summary(
        records=records,
        late=columns.late,
        counts=np.concatenate(
            [_numeric_counts(columns.numeric, profile.edges), _level_counts(columns.codes)]
        ),
        invalid=np.bincount(
            columns.invalid[:, 1], minlength=len(profile.features) + len(profile.embeddings)
        ),
        outside=outside.sum(axis=0),
        outlying=len(outlying(columns, outside)),
        sums=present.sum(axis=0).astype(np.int64),
        squares=np.einsum("ij,ij->j", present, present).astype(np.int64),
        # Adding 0 turns -0 into 0: which of the two a minimum keeps depends on the order.
        low=np.fmin.reduce(columns.numeric, axis=0, initial=np.inf) + 0.0,
        high=np.fmax.reduce(columns.numeric, axis=0, initial=-np.inf) + 0.0,
        kernel=np.stack([joint, *(waves for waves, _ in embedded)]),
        kernel_records=np.array([records, *(count for _, count in embedded)], dtype=np.int64),
        derived=DerivedSums.nothing() if directions is None else directions.sums(standard),
        sample=Sample.of(
            columns.hashes, columns.times, columns.partitions, columns.offsets, columns.score
        ),
    )


def _numeric_counts(numeric: FloatArray, edges: FloatArray) -> IntArray:
    counts = np.zeros((numeric.shape[1], WIDTH), dtype=np.int64)
    counts[:, :VALUE_BINS] = count_into(numeric, edges)
    counts[:, MISSING] = len(numeric) - counts.sum(axis=1)
    return counts


def _level_counts(codes: NDArray[np.int16]) -> IntArray:
    features = codes.shape[1]
    places = codes.astype(np.int64) + WIDTH * np.arange(features)
    return np.bincount(places.ravel(), minlength=features * WIDTH).reshape(features, WIDTH)


def _embedding_waves(profile: Profile, place: int, vectors: FloatArray) -> tuple[IntArray, int]:
    whole = vectors[~np.isnan(vectors).any(axis=1)]
    standard = standardise(whole, profile.embedding_centre[place], profile.embedding_scale[place])
    return sum_of_waves(standard @ profile.kernels[1 + place].frequencies), len(whole)
