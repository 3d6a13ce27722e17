"""Shares of records whose value is missing, invalid, out of range or never seen before."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray
from detectors.profile import Profile
from detectors.summary import Summary


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of all records of a summary, those without the value included.

    All of shape (features + embeddings + 1,): features and embeddings as in the profile, then
    the joint entry, for which none applies; nan where a rate does not apply.

    missing: without a usable value. invalid: with a value that could not be used, which also
    counts as missing. out_of_range: numeric, outside the range stated for the feature or else
    the reference's. unseen: with a category that the reference never saw, where it can be told.
    """

    missing: FloatArray
    invalid: FloatArray
    out_of_range: FloatArray
    unseen: FloatArray


def rates(summary: Summary, profile: Profile) -> Rates:
    """Return the rates of a summary; nan everywhere where it has no record."""
    numeric, features = len(profile.numeric), len(profile.features)
    invalid = features + len(profile.embeddings)
    unseen = np.full(invalid + 1, np.nan)
    for row, others in enumerate(profile.others, start=numeric):
        if others is not None:
            unseen[row] = summary.unseen[row]
    missing = np.full(invalid + 1, np.nan)
    missing[:features] = summary.missing
    missing[features:-1] = summary.records - summary.kernel_records[1:]
    records = summary.records or np.nan
    return Rates(
        missing=missing / records,
        invalid=np.append(summary.invalid, np.nan) / records,
        out_of_range=np.append(summary.outside, np.full(invalid + 1 - numeric, np.nan)) / records,
        unseen=unseen / records,
    )
