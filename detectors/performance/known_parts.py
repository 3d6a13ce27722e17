"""What is known of a reference's performance as plain numbers and arrays, for files."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from numpy.typing import NDArray

from detectors.estimation.parts import estimation_from, estimation_parts
from detectors.evidence.parts import calibration_from, calibration_parts
from detectors.performance.known import KnownPerformance
from detectors.performance.moments import Moments
from detectors.performance.scores import ScoreSums
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind

Arrays = dict[str, NDArray[Any]]
Meta = dict[str, Any]

_EDGES = ("score_edges", "loss_edges")
_PLAIN = tuple(field.name for field in fields(Task) if field.name not in _EDGES)
_SCORES = tuple(field.name for field in fields(ScoreSums))


def performance_parts(known: KnownPerformance) -> tuple[Meta, Arrays]:
    """Return what is known for JSON, and its arrays."""
    arrays: Arrays = {f"task/{name}": getattr(known.task, name) for name in _EDGES}
    arrays["by_label"] = known.by_label
    parts = []
    for place, (name, tally) in enumerate(known.tallies.items()):
        told, found = _tally_parts(tally)
        found["errors"] = known.errors[name]
        told |= {"name": name, "calibration": None}
        if name in known.calibrations:
            told["calibration"], learned = calibration_parts(known.calibrations[name])
            found |= _under("calibration", learned)
        parts.append(told)
        arrays |= _under(f"parts/{place}", found)
    meta: Meta = {
        "task": {name: getattr(known.task, name) for name in _PLAIN},
        "parts": parts,
        "label_edges": known.label_edges,
        "estimation": None,
        "no_estimate": known.no_estimate,
    }
    if known.estimation is not None:
        meta["estimation"], found = estimation_parts(known.estimation)
        arrays |= _under("estimation", found)
    return meta, arrays


def performance_from(meta: Meta, arrays: Mapping[str, NDArray[Any]]) -> KnownPerformance:
    """Return what ``performance_parts`` took apart."""
    plain = meta["task"]
    tallies, errors, calibrations = {}, {}, {}
    for place, told in enumerate(meta["parts"]):
        name, found = told["name"], _below(f"parts/{place}", arrays)
        tallies[name] = _tally_from(told, found)
        errors[name] = found["errors"]
        if told["calibration"] is not None:
            calibrations[name] = calibration_from(told["calibration"], _below("calibration", found))
    estimation = meta["estimation"]
    return KnownPerformance(
        task=Task(
            **{
                **plain,
                "kind": PredictionKind(plain["kind"]),
                "classes": tuple(plain["classes"]),
                **{name: arrays[f"task/{name}"] for name in _EDGES},
            }
        ),
        tallies=tallies,
        errors=errors,
        calibrations=calibrations,
        by_label=arrays["by_label"],
        label_edges=tuple(meta["label_edges"]),
        estimation=None
        if estimation is None
        else estimation_from(estimation, _below("estimation", arrays)),
        no_estimate=meta["no_estimate"],
    )


def _tally_parts(tally: Tally) -> tuple[Meta, Arrays]:
    meta: Meta = {"records": tally.records, "unusable": tally.unusable, "right": tally.right}
    arrays: Arrays = {"confusion": tally.confusion}
    if tally.scores is not None:
        arrays |= {f"scores/{name}": getattr(tally.scores, name) for name in _SCORES}
    if tally.moments is not None:
        meta["clipped"] = tally.moments.clipped
        arrays["moments"] = tally.moments.sums
    return meta, arrays


def _tally_from(meta: Meta, arrays: Mapping[str, NDArray[Any]]) -> Tally:
    scores = moments = None
    if "scores/bins" in arrays:
        scores = ScoreSums(**{name: arrays[f"scores/{name}"] for name in _SCORES})
    if "moments" in arrays:
        moments = Moments(arrays["moments"], meta["clipped"])
    return Tally(
        records=meta["records"],
        unusable=meta["unusable"],
        confusion=arrays["confusion"],
        right=meta["right"],
        scores=scores,
        moments=moments,
    )


def _under(folder: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    return {f"{folder}/{name}": array for name, array in arrays.items()}


def _below(folder: str, arrays: Mapping[str, NDArray[Any]]) -> Arrays:
    start = f"{folder}/"
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }
