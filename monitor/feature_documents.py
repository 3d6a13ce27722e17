"""What driftd says of one feature in JSON."""

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.coarse import range_names
from detectors.profile import Profile
from detectors.summary import Summary
from detectors.words import change_in_words
from monitor import feature_types as types
from monitor.documents import feature_document, statistics_document
from monitor.plain_values import plain_time
from monitor.view import ModelView, StreamView, WindowView

ANY, RARER = "any value", "rarer ones"


def feature_detail(model: ModelView, feature: str) -> dict[str, Any]:
    """Return all that is known of a feature, in the shape of ``feature_types.FeatureDetail``.

    Raises KeyError if no stream of the model has it.
    """
    streams = [stream for stream in model.streams if feature and feature in stream.entries]
    if not streams:
        raise KeyError(feature)
    profile = streams[0].reference.profile
    row = streams[0].entries.index(feature)
    detail = types.FeatureDetail(
        model=model.name,
        feature=feature,
        kind=_kind(profile, row),
        reference=model.reference,
        bins=list(_bins(profile, row).values()),
        streams=[_stream(stream, row) for stream in streams],
    )
    plain: dict[str, Any] = msgspec.to_builtins(detail)
    return plain


def _stream(stream: StreamView, row: int) -> types.FeatureStream:
    told = feature_document(stream, row, {})
    profile = stream.reference.profile
    return types.FeatureStream(
        version=stream.version,
        segment=stream.segment,
        last_block_end=plain_time(stream.last_block_end_ms),
        evidence=told.evidence,
        effect_sd=told.effect_sd,
        missing_ratio=told.missing_ratio,
        invalid_ratio=told.invalid_ratio,
        unseen_ratio=told.unseen_ratio,
        out_of_range_ratio=told.out_of_range_ratio,
        drifted=told.words,
        reference=_histogram(profile, stream.reference.summary, row),
        windows=[_window(stream, window, row) for window in stream.windows],
    )


def _window(stream: StreamView, window: WindowView, row: int) -> types.FeatureWindow:
    profile, reference = stream.reference.profile, stream.reference.summary
    binned = row < len(profile.features)
    return types.FeatureWindow(
        name=window.name,
        start=plain_time(window.from_ms),
        end=plain_time(window.to_ms),
        histogram=_histogram(profile, window.summary, row),
        statistics=statistics_document(window, row),
        words=change_in_words(profile, reference, window.summary, row) if binned else "",
    )


def _histogram(profile: Profile, summary: Summary, row: int) -> types.Histogram:
    """Return how many records fell where; an embedding's are counted by its kernel's sums."""
    features, numeric = len(profile.features), len(profile.numeric)
    invalid = int(summary.invalid[row])
    if row >= features:
        present = int(summary.kernel_records[1 + row - features])
        return types.Histogram(summary.records, [], summary.records - present, invalid, None)
    told = row >= numeric and profile.others[row - numeric] is not None
    counts = summary.counts[row]
    return types.Histogram(
        records=summary.records,
        counts=[int(counts[column]) for column in _bins(profile, row)],
        missing=int(counts[MISSING]),
        invalid=invalid,
        unseen=int(counts[UNSEEN]) if told else None,
    )


def _kind(profile: Profile, row: int) -> types.Kind:
    if row < len(profile.numeric):
        return "numeric"
    return "categorical" if row < len(profile.features) else "embedding"


def _bins(profile: Profile, row: int) -> dict[int, types.Bin]:
    """Return a feature's bins by their column in a table of counts."""
    kind = _kind(profile, row)
    if kind == "numeric":
        edges = profile.edges[row][profile.edges[row] < np.inf]
        if not len(edges):
            return {0: types.Bin(ANY)}
        bounds = [None, *edges.tolist(), None]
        return {
            column: types.Bin(name, *between)
            for column, (name, between) in enumerate(
                zip(range_names(edges), pairwise(bounds), strict=True)
            )
        }
    if kind == "embedding":
        return {}
    place = row - len(profile.numeric)
    bins = {
        column: types.Bin(level, category=level)
        for column, level in enumerate(profile.levels[place])
    }
    others = profile.others[place]
    return bins | ({OTHER: types.Bin(RARER)} if others is None or others else {})
