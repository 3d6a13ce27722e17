"""The diagnosis of a stream, and its records farthest outside the reference's support."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from detectors.diagnosis.diagnose import diagnose
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.signals import Signals
from detectors.evidence.alarm import Level
from detectors.evidence.detector import Detector
from detectors.worst import Worst
from monitor.engine.performance_stream import PerformanceStream
from monitor.engine.stream import Stream
from monitor.sources.source import Partition
from monitor.view import DiagnosisView, WorstRecord

HELD = 0.5
"""While there is an alarm, a mode is named by this part of a page's evidence: evidence comes and
goes with each block, and the alarm stays until it is quiet."""


def diagnosis_view(
    stream: Stream, labelled: PerformanceStream | None, partitions: Mapping[int, Partition]
) -> DiagnosisView:
    """Return what the evidence of a stream speaks for.

    labelled: what its labels say; None without any. partitions: of the records, by their keys.
    """
    watch = stream.watch
    # Not the stream's own, which remembers the sums of its last step.
    detector = Detector(stream.baseline.ratios, dict(watch.detector.rows))
    performance = None if labelled is None else _performance(labelled)
    # While a stream warms up nobody knows how it wanders, so nothing is named.
    threshold = watch.page_threshold(stream.shared) if stream.baseline.may_alarm else math.inf
    watches = [watch] if labelled is None else [watch, labelled.watch]
    if any(each.alarm.level != Level.CALM for each in watches):
        inputs = detector.step(stream.observed(), watch.feature_since).value
        errors = 0.0 if performance is None else performance.evidence
        threshold = min(threshold, max(inputs, errors, HELD * threshold))
    signals = Signals.of(
        profile=stream.settings.profile,
        reference=stream.baseline.summary,
        windows=stream.windows,
        detector=detector,
        since=watch.feature_since,
        threshold=threshold,
        known=None if labelled is None else labelled.settings.known,
        performance=performance,
    )
    found = diagnose(signals)
    newest = stream.windows.buckets[0].summary
    return DiagnosisView(
        degrees={str(mode): degree for mode, degree in found.degrees.items()},
        kind="" if found.kind is None else str(found.kind),
        words=found.words,
        outside=newest.outlying / newest.records,
        worst=tuple(_far_records(stream, stream.far.worst, partitions)),
    )


def _performance(labelled: PerformanceStream) -> PerformanceSignal | None:
    settings, watch = labelled.settings, labelled.watch
    signal = PerformanceSignal.of(
        settings.yardstick,
        labelled.baseline.reference,
        settings.known.by_label,
        labelled.windows,
        Detector(labelled.baseline.ratios, dict(watch.detector.rows)),
        watch.feature_since,
    )
    if signal is None or labelled.baseline.may_alarm:
        return signal
    return replace(signal, evidence=0.0)


def _far_records(
    stream: Stream, worst: Worst, partitions: Mapping[int, Partition]
) -> Iterator[WorstRecord]:
    names = stream.settings.profile.features
    for at, record_id in enumerate(worst.ids):
        partition = partitions[int(worst.partitions[at])]
        value = float(worst.value[at])
        yield WorstRecord(
            id=record_id,
            topic=partition.topic,
            partition=partition.number,
            offset=int(worst.offsets[at]),
            time_ms=int(worst.times[at]),
            feature=names[int(worst.row[at])],
            value="never seen" if np.isnan(value) else f"{value:.6g}",
            distance=float(worst.excess[at]),
        )
