"""Performance on real data sets whose labels come late: realised, estimated, and who noticed.

A model is trained on the first rows, driftd's reference is built of the next ones with their
labels, and the others are the stream. A block is a day, by the set's clock or of so many rows;
the label of a row comes so many blocks later, so nothing that needs labels can notice a change
sooner. Measures are those of the longest window: before the change, of the windows that end
with the block before it; after it, of the first one whose labels are all of rows from the
change on. Where no change is known, the first whole window stands before, the last one after.
The diagnosis is the one named most often from the change to the end of that window.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from detectors.counts import IntArray
from detectors.prediction_kind import PredictionKind
from monitor.view import EstimateView, MeasureView, StreamView
from tests.benchmarks.real_models import DAY_MS, ID, LABEL, Answered, LabelledSet
from tests.benchmarks.real_service import configured
from tests.benchmarks.real_sets import PREDICTION, TIME
from tests.parts.labelled_service import LABELS, PREDICTIONS, TOPICS, LabelledService

LONGEST = 30
"""Blocks of the longest window."""

BUDGET = {"pages": 1, "per": "3600d"}
DETECTORS = ("page_hinkley", "ddm", "eddm", "hddm_a", "hddm_w", "kswin")
SLOW = ("kswin",)
ERRORS, INPUTS = "errors paged", "inputs paged"
NOT_TOLD, NOTHING = "-", "nothing"


@dataclass(frozen=True, slots=True)
class Told:
    """What driftd told of a block.

    measure, estimate: of the longest window; None before the first label, and where there is no
    estimate. found: by method, how often it noticed something so far. diagnosis: NOT_TOLD where
    there is none. state: of the calibration of errors.
    """

    measure: MeasureView | None
    estimate: EstimateView | None
    found: Mapping[str, int]
    diagnosis: str
    state: str


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure of the longest window, as it was realised and as it was estimated.

    None where there was no label, or no estimate.
    """

    realised: float | None
    estimated: float | None


@dataclass(frozen=True, slots=True)
class Noticed:
    """What one method noticed.

    before: blocks before the change in which it did, None where no change is known. delay:
    blocks from the change, or the stream's start, to the first one; None if there is none.
    blocks: in all.
    """

    before: int | None
    delay: int | None
    blocks: int

    def __str__(self) -> str:
        before = "" if self.before is None else f"{self.before}"
        return f"{before}/{'never' if self.delay is None else self.delay}/{self.blocks}"


@dataclass(frozen=True, slots=True)
class LabelResult:
    """One stream; off: mean absolute difference of estimate and realised over all windows.

    named: how often each diagnosis was, in the blocks from the change to those of ``after``; in
    all where no change is known. state: of the calibration of errors, in the end.
    """

    name: str
    measure: str
    blocks: int
    change: int | None
    delay: int
    reference: float
    before: Measured
    after: Measured
    off: float | None
    noticed: Mapping[str, Noticed]
    named: Mapping[str, int]
    state: str

    @property
    def diagnosis(self) -> str:
        """The diagnosis that was named most often, and its share of the blocks."""
        name, blocks = Counter(self.named).most_common(1)[0]
        return f"{name} ({blocks / sum(self.named.values()):.0%})"


def watch_labels(name: str, chosen: LabelledSet, data: Path, delay: int, slow: bool) -> LabelResult:
    """Let driftd watch a stream with labels ``delay`` blocks late; slow: with KSWIN.

    data: the folder of the set. Raises DataMissingError.
    """
    answered = chosen.answered(data)
    detectors = [each for each in DETECTORS if slow or each not in SLOW]
    with tempfile.TemporaryDirectory() as folder:
        replay = Replay.start(answered, delay, detectors, Path(folder))
        told = list(replay.told())
        replay.service.stop()
    first = int(answered.days[chosen.inputs.reference])
    change = None if answered.change is None else answered.change - first
    return _result(name, chosen.kind, told, change, delay)


@dataclass(slots=True)
class Replay:
    """A stream and, later, its labels, fed to driftd."""

    answered: Answered
    delay: int
    service: LabelledService

    @classmethod
    def start(
        cls, answered: Answered, delay: int, detectors: Sequence[str], folder: Path
    ) -> "Replay":
        """Configure driftd in an empty folder and build the labelled reference."""
        data = folder / "reference.jsonl"
        answered.write_reference(data)
        model = _configuration(answered, delay, detectors)
        config, reference = configured(folder, model, data, timed=True)
        return cls(answered, delay, LabelledService.start(config, reference, folder))

    def told(self) -> Iterator[Told]:
        """Feed the stream block by block; yield what is told of each, labels' last ones too."""
        days = self.answered.days
        first, last = int(days[self.answered.chosen.inputs.reference]), int(days[-1])
        for day in range(first, last + self.delay + 1):
            late = self._rows(day - self.delay)
            self.service.put(
                self.answered.records(self._rows(day)),
                self.answered.truths(late, self.delay * DAY_MS),
                now_ms=(day + 1) * DAY_MS,
            )
            self.service.close(frozenset({PREDICTIONS}) if day > last else frozenset())
            if day > first:
                yield self._told()
        self.service.close(frozenset({PREDICTIONS, LABELS}))
        yield self._told()

    def _rows(self, day: int) -> IntArray:
        """Return the rows of the stream in a block."""
        start = self.answered.chosen.inputs.reference
        begin, end = np.searchsorted(self.answered.days[start:], [day, day + 1]) + start
        return np.arange(begin, end)

    def _told(self) -> Told:
        engine, measure = self.service.engine, measure_of(self.answered.chosen.kind)
        ((key, stream),) = engine.streams.items()
        errors = self.service.performance.streams.get(key)  # none before the first label
        view = engine.views[key]
        shown = view.performance
        return Told(
            measure=None if shown is None else shown.windows[-1].measures[measure],
            estimate=None if shown is None else shown.windows[-1].estimates.get(measure),
            found={
                **({} if shown is None else shown.detections),
                ERRORS: 0 if errors is None else errors.watch.pages,
                INPUTS: stream.watch.pages,
            },
            diagnosis=_diagnosis(view),
            state=NOT_TOLD if shown is None else shown.state,
        )


def measure_of(kind: PredictionKind) -> str:
    """Return the name of the measure that models of a kind are compared by."""
    return "mae" if kind is PredictionKind.REGRESSION else "accuracy"


def _diagnosis(view: StreamView) -> str:
    return NOT_TOLD if view.diagnosis is None else view.diagnosis.kind or NOTHING


def _result(
    name: str, kind: PredictionKind, told: Sequence[Told], change: int | None, delay: int
) -> LabelResult:
    whole = LONGEST + delay - 1
    early, late = (whole, len(told) - 1) if change is None else (change - 1, change + whole)
    late = min(late, len(told) - 1)
    measures = [each.measure for each in told if each.measure is not None]
    off = [
        abs(each.estimated - each.realised)
        for each in map(_measured, told)
        if each.estimated is not None and each.realised is not None
    ]
    return LabelResult(
        name=name,
        measure=measure_of(kind),
        blocks=len(told),
        change=change,
        delay=delay,
        reference=measures[-1].reference,
        before=_measured(told[early]),
        after=_measured(told[late]),
        off=float(np.mean(off)) if off else None,
        noticed={
            method: noticed([each.found.get(method, 0) for each in told], change)
            for method in told[-1].found
        },
        named=dict(Counter(each.diagnosis for each in told[change or 0 : late + 1])),
        state=told[-1].state,
    )


def _measured(told: Told) -> Measured:
    realised = None if told.measure is None else _known(told.measure.value)
    return Measured(realised, None if told.estimate is None else _known(told.estimate.labelled))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value


def noticed(found: Sequence[int], change: int | None) -> Noticed:
    """Return what a method noticed; found: how often it did so far, by block."""
    places = np.flatnonzero(np.diff(found, prepend=0) > 0)
    start = change or 0
    later = places[places >= start]
    return Noticed(
        before=None if change is None else int((places < start).sum()),
        delay=int(later[0]) - start + 1 if len(later) else None,
        blocks=len(places),
    )


def _configuration(answered: Answered, delay: int, detectors: Sequence[str]) -> dict[str, Any]:
    chosen = answered.chosen
    time = {"field": TIME, "unit": "ms"}
    return {
        "reference": "model.ref",
        "records": {
            "topics": [TOPICS[0]],
            "id": ID,
            "time": time,
            "prediction": {"field": PREDICTION, "kind": str(chosen.kind)},
        },
        "features": {
            **dict.fromkeys(chosen.inputs.numeric, "numeric"),
            **dict.fromkeys(chosen.inputs.categorical, "categorical"),
        },
        "labels": {
            "topics": [TOPICS[1]],
            "time": time,
            "label": LABEL,
            "horizon": f"{delay + 1}d",
            "detectors": list(detectors),
        },
        "block": "1d",
        "lateness": "0s",
        "longest_window": f"{LONGEST}d",
        "windows": ["block", f"{LONGEST}d"],
        "budget": BUDGET,
    }
