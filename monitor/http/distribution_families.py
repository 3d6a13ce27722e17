"""The family of distributions: few bins of few features, for a picture of what drifted."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from detectors.counts import FloatArray, IntArray
from monitor.http.feature_families import escaped, label_lines
from monitor.http.kept_texts import KeptTexts
from monitor.view import StreamView, WindowView

NAME = "driftd_distribution_ratio"
HELP = (
    "Share of records in each of at most ten bins of a feature, in the reference and in the "
    "shortest exported window of 500 records; of the features with the most evidence."
)
MOST_FEATURES = 20
FEWEST_RECORDS = 500
"""In a window of so many records a share is known to 2 % or better."""


class DistributionText:
    """Exposition text of the family, kept for the streams that did not change."""

    def __init__(self, most_features: int) -> None:
        self._texts = KeptTexts(partial(_render, most=min(most_features, MOST_FEATURES)))

    def render(self, streams: Sequence[StreamView]) -> Iterator[bytes]:
        """Yield the text of the family."""
        texts = self._texts.of(streams)
        yield f"# HELP {NAME} {HELP}\n# TYPE {NAME} gauge\n".encode()
        for sides in texts:
            yield from sides


def shown_window(windows: Sequence[WindowView]) -> WindowView | None:
    """Return the shortest window that has records enough, else the longest; None for none."""
    enough = [window for window in windows if window.records >= FEWEST_RECORDS]
    if enough:
        return min(enough, key=lambda window: window.records)
    return max(windows, key=lambda window: window.records, default=None)


def shown_features(stream: StreamView, most: int) -> IntArray:
    """Return the rows of the features that drifted, then those with the most evidence."""
    features = stream.reference.profile.features
    drifted = {each.feature: place for place, each in enumerate(stream.drifted)}
    evidence = np.nan_to_num(stream.feature_evidence, nan=-np.inf)[: len(features)]
    place = [drifted.get(name, len(drifted)) for name in features[: len(evidence)]]
    ranked: IntArray = np.lexsort((-evidence, np.array(place)))
    return ranked[:most]


def _render(stream: StreamView, most: int) -> Iterator[bytes]:
    """Yield the stream's lines, of the reference and of the window that is shown."""
    window = shown_window(stream.windows)
    if window is None:
        return
    rows, reference = shown_features(stream, most), stream.reference
    names = [
        (f'{NAME}{{bin="{escaped(name)}"', f'feature="{escaped(reference.profile.features[row])}"')
        for row in rows.tolist()
        for name in reference.coarse.names[row]
    ]
    model, segment, version = map(escaped, (stream.model, stream.segment, stream.version))
    heads = [f'{name},{feature},model="{model}",of="'.encode() for name, feature in names]
    for side, summary in (("current", window.summary), ("reference", reference.summary)):
        tail = f'{side}",segment="{segment}",version="{version}"}} '.encode()
        shares = reference.coarse.shares(summary.counts, rows)
        yield label_lines(heads, tail, _in_bins(shares, rows, stream))


def _in_bins(shares: FloatArray, rows: IntArray, stream: StreamView) -> FloatArray:
    """Return the shares of the bins that there are, one feature after the other."""
    names = stream.reference.coarse.names
    bins = np.array([len(names[row]) for row in rows.tolist()], dtype=np.int64)
    found: FloatArray = shares[np.arange(shares.shape[1]) < bins[:, None]]
    return found
