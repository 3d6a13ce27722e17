"""The watch of a stream as plain numbers, for snapshots."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from detectors.evidence.alarm import Alarm
from detectors.evidence.budget import Budget
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import Evidence, Source
from detectors.evidence.groups import Group
from detectors.evidence.streams import Kind
from detectors.evidence.watch import Watch


def watch_meta(watch: Watch) -> dict[str, Any]:
    """Return what a watch knows beside its stream's windows."""
    return {
        "alarm": watch.alarm.numbers,
        "evidence": asdict(watch.evidence),
        "listed": [asdict(each) for each in watch.listed],
        "tickets": watch.tickets,
        "pages": watch.pages,
        "paged": watch.paged,
    }


def watch_from(meta: Mapping[str, Any], detector: Detector, budget: Budget, floor: float) -> Watch:
    """Return the watch that ``watch_meta`` was told of."""
    return Watch(
        detector=detector,
        budget=budget,
        floor=floor,
        alarm=Alarm.of_numbers(meta["alarm"]),
        evidence=_evidence(meta["evidence"]),
        listed=tuple(map(_evidence, meta["listed"])),
        tickets=meta["tickets"],
        pages=meta["pages"],
        paged=tuple(meta["paged"]),
    )


def _evidence(meta: Mapping[str, Any]) -> Evidence:
    group, kind = meta["group"], meta["kind"]
    return Evidence(
        **{
            **meta,
            "group": None if group is None else Group(group),
            "kind": None if kind is None else Kind(kind),
            "source": Source(meta["source"]),
        }
    )
