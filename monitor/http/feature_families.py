"""The families with a feature label, written as text once per closed block of a stream.

A hundred models of fifty features give some 200,000 of these samples. prometheus-client
takes 4 to 9 µs for each, most of it in Python, so one scrape would hold the interpreter for
a second or two and stall the pipeline's thread, every 15 seconds, for text that changes once
a block. Here a sample costs about 0.1 µs (its labels are joined from ready pieces, and
msgspec writes the shortest decimal of a float ten times faster than repr), and a stream
that has closed no block since the last scrape costs nothing: its text is kept. All other
families are few and go through prometheus-client as usual.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import compress

import msgspec
import numpy as np

from detectors.counts import FloatArray, IntArray
from monitor.http.families import label_text
from monitor.http.kept_texts import KeptTexts
from monitor.view import StreamView

FAMILIES = (
    (
        "driftd_statistic",
        "Distance of a window from the reference; mmd2 without a feature is over all jointly.",
    ),
    ("driftd_statistic_noise", "What the statistic shows on average where nothing has drifted."),
    (
        "driftd_feature_evidence",
        "Evidence of drift of the feature alone; 2.3 more says ten times as much.",
    ),
    (
        "driftd_feature_effect",
        "Change with the strongest evidence, in standard deviations of the reference, signed.",
    ),
    ("driftd_missing_ratio", "Share of the newest block's records without a value."),
    ("driftd_invalid_ratio", "Share of the newest block's records with an unusable value."),
    ("driftd_unseen_ratio", "Share of the newest block's records in no category of the reference."),
    ("driftd_out_of_range_ratio", "Share of the newest block's records outside the known range."),
)
"""Name and help of each family; all are gauges."""

JOINT = ""
"""The entry of a stream that stands for all its tabular features together."""


class FeatureText:
    """Exposition text of the feature families, kept for the streams that did not change."""

    def __init__(self, most_features: int) -> None:
        self._texts = KeptTexts(partial(_render, most_features=most_features))

    def render(self, streams: Sequence[StreamView]) -> Iterator[bytes]:
        """Yield the text of all families, each in one piece of the whole."""
        texts = self._texts.of(streams)
        for index, (name, documentation) in enumerate(FAMILIES):
            yield f"# HELP {name} {documentation}\n# TYPE {name} gauge\n".encode()
            for families in texts:
                yield families[index]


def exported_entries(stream: StreamView, most_features: int) -> IntArray:
    """Return which entries of a stream are exported, in their order.

    Where there are more features than allowed, the drifted ones come before the others; the
    joint entry is none of them and always there.
    """
    if len(stream.entries) <= most_features:
        return np.arange(len(stream.entries))
    rank = {drifted.feature: place for place, drifted in enumerate(stream.drifted)}
    features = [row for row, entry in enumerate(stream.entries) if entry != JOINT]
    features.sort(key=lambda row: rank.get(stream.entries[row], len(rank)))
    joint = [row for row, entry in enumerate(stream.entries) if entry == JOINT]
    return np.array(sorted(features[:most_features] + joint), dtype=np.int64)


def dropped_series(stream: StreamView, most_features: int) -> int:
    """Return how many series the features that are not exported would have."""
    entries = exported_entries(stream, most_features)
    if len(entries) == len(stream.entries):
        return 0
    dropped = np.ones(len(stream.entries), dtype=bool)
    dropped[entries] = False
    return sum(
        int(np.count_nonzero(~np.isnan(values[dropped])))
        for family in _families(stream)
        for _, values in family
    )


def _families(stream: StreamView) -> tuple[list[tuple[str, FloatArray]], ...]:
    """Return for each family the labels after the segment, and one value per entry."""
    version = f'version="{escaped(stream.version)}"'
    values: list[tuple[str, FloatArray]] = []
    noise: list[tuple[str, FloatArray]] = []
    for window in stream.windows:
        for told, by_statistic in ((values, window.values), (noise, window.noise)):
            for statistic, numbers in by_statistic.items():
                labels = (
                    f'statistic="{escaped(statistic)}",{version},window="{escaped(window.name)}"'
                )
                told.append((labels, numbers))
    alone = (
        stream.feature_evidence,
        stream.feature_effect,
        stream.missing,
        stream.invalid,
        stream.unseen,
        stream.out_of_range,
    )
    return values, noise, *([(version, numbers)] for numbers in alone)


def _render(stream: StreamView, most_features: int) -> Iterator[bytes]:
    """Yield the stream's lines of each family."""
    entries = exported_entries(stream, most_features)
    shared = f'model="{escaped(stream.model)}",segment="{escaped(stream.segment)}",'
    features = [f'{{feature="{escaped(stream.entries[row])}",{shared}' for row in entries]
    for (name, _), family in zip(FAMILIES, _families(stream), strict=True):
        heads = [f"{name}{feature}".encode() for feature in features]
        yield b"".join(
            label_lines(heads, f"{tail}}} ".encode(), values[entries]) for tail, values in family
        )


def label_lines(heads: Sequence[bytes], tail: bytes, values: FloatArray) -> bytes:
    """Return a line for each value that is not nan: its head, the tail, the value."""
    told = ~np.isnan(values)
    numbers = _numbers(values[told])
    pieces = [tail] * (3 * len(numbers))
    pieces[0::3] = compress(heads, told.tolist())
    pieces[2::3] = numbers
    return b"".join(pieces)


def _numbers(values: FloatArray) -> list[bytes]:
    """Return each value's shortest exact decimal and a line feed."""
    if not len(values):
        return []
    text = msgspec.json.encode(values.tolist())[1:-1].replace(b",", b"\n,") + b"\n"
    numbers = text.split(b",")
    for row in np.flatnonzero(np.isinf(values)):  # JSON has no infinity
        numbers[row] = b"+Inf\n" if values[row] > 0 else b"-Inf\n"
    return numbers


def escaped(label: str) -> str:
    r"""Return a label's value as the text format wants it: ``\``, ``"`` and newline escaped.

    Source: Prometheus, Exposition formats, text format details.
    """
    return label_text(label).replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
