"""Columns of a row of counts: value bins or levels, then never-seen, then missing."""

QUANTILE_BINS = 32
VALUE_BINS = QUANTILE_BINS + 2
"""32 bins at the reference's quantiles, one below its minimum, one above its maximum."""

TOP_LEVELS = 15
OTHER = TOP_LEVELS
"""Code of a category that the reference knows but that is not among its top levels."""

UNSEEN = VALUE_BINS
MISSING = VALUE_BINS + 1
WIDTH = VALUE_BINS + 2
