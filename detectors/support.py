"""Which records lie outside the reference's support, and how far."""

import numpy as np

from detectors.cells import UNSEEN
from detectors.columns import Columns
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.profile import Profile


def out_of_range(profile: Profile, columns: Columns) -> BoolArray:
    """Tell which numeric values lie outside the profile's range; shape (n, numeric)."""
    outside: BoolArray = (columns.numeric < profile.low) | (columns.numeric > profile.high)
    return outside


def outlying(columns: Columns, outside: BoolArray) -> IntArray:
    """Return which records have a value outside the support, in their order; shape (k,).

    outside: as ``out_of_range`` tells. A category that the reference never saw lies outside too.
    """
    # Few places are true, so finding these is several times faster than a look at every row.
    numeric = np.flatnonzero(outside) // max(outside.shape[1], 1)
    unseen = np.flatnonzero(columns.codes == UNSEEN) // max(columns.codes.shape[1], 1)
    return np.unique(np.concatenate([numeric, unseen]))


def excess(profile: Profile, columns: Columns) -> tuple[FloatArray, IntArray]:
    """Return how far each record lies outside the support, and which feature says so.

    Two arrays of shape (n,): sd between the farthest numeric value and the profile's range, 0
    inside and inf for a category that the reference never saw; and the row of that feature in
    Profile.features, -1 inside.
    """
    farthest = np.zeros(len(columns))
    feature = np.full(len(columns), -1)
    records = outlying(columns, out_of_range(profile, columns))
    if not len(records):
        return farthest, feature
    values = columns.numeric[records]
    with np.errstate(over="ignore"):  # as far out as can be
        beyond = np.fmax(profile.low - values, values - profile.high) / profile.scale
    unseen = np.where(columns.codes[records] == UNSEEN, np.inf, 0.0)
    distances = np.concatenate([np.nan_to_num(beyond, nan=0.0, posinf=np.inf), unseen], axis=1)
    feature[records] = distances.argmax(axis=1)
    farthest[records] = distances.max(axis=1)
    return farthest, feature
