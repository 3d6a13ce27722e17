"""What the labels of a reference taught, for machines and in lines for people."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from detectors.estimation.parts import Learned
from detectors.evidence.learned import Calibration
from detectors.performance.known import ALL_ROWS, KnownPerformance
from detectors.performance.measures import measure
from monitor.cli.sight_words import say_segment
from monitor.config.budget import count_of

CBPE = "confidence-based performance estimation"
DLE = "direct loss estimation"


def outline_performance(known: KnownPerformance | None) -> dict[str, Any] | None:
    """Return what is known of performance as JSON, None where there were no labels.

    Measures are those of all rows with their confidence intervals, [value, low, high], null
    where they are undefined. dispersion: how many times the variance of estimates is that of
    independent labels.
    """
    if known is None:
        return None
    whole = known.tallies[ALL_ROWS]
    return {
        "labelled": whole.records,
        "unusable": whole.unusable,
        "measures": {
            name: [_json(each) for each in (found.value, found.low, found.high)]
            for name, found in measure(whole, known.task).items()
        },
        "estimate": None if known.estimation is None else _outline_estimate(known.estimation),
        "no_estimate": known.no_estimate,
        "parts": [
            {
                "segment": name,
                "labelled": tally.records,
                "errors_calibrated": name in known.calibrations,
                "error_replay": _outline_replay(known.calibrations.get(name)),
            }
            for name, tally in known.tallies.items()
        ],
    }


def performance_lines(told: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the lines of an outline."""
    if told is None:
        yield "labels   none"
        return
    yield f"labels   of {told['labelled']:,} rows"
    found = [
        f"{name} {_say(*each)}" for name, each in told["measures"].items() if each[0] is not None
    ]
    yield f"  {', '.join(found)}"
    estimate = told["estimate"]
    if estimate is None:
        yield "  cannot be estimated before labels come"
    else:
        yield (
            f"  estimated before labels come by {estimate['method']}, whose errors vary "
            f"{estimate['dispersion']:.2g} times as much as chance explains"
        )
    yield f"  errors {_say_calibrated(told['parts'])}"
    for part in told["parts"]:
        replay = part["error_replay"]
        if replay is not None and replay["pages"]:
            where = f" of {say_segment(part['segment'])}" if part["segment"] else ""
            yield (
                f"  replaying the errors{where} in the second half, {replay['blocks']:,} blocks, "
                f"raised {count_of(replay['pages'], 'page')}: only more evidence than its highest, "
                f"{replay['highest']:.1f} nats, will page there"
            )


def _outline_estimate(learned: Learned) -> dict[str, Any]:
    of_losses = isinstance(learned.dispersion, np.ndarray)
    return {
        "method": DLE if of_losses else CBPE,
        "dispersion": float(np.max(learned.dispersion)),
    }


def _outline_replay(calibration: Calibration | None) -> dict[str, float] | None:
    if calibration is None or calibration.replay is None:
        return None
    replay = calibration.replay
    return {"pages": replay.pages, "blocks": replay.blocks, "highest": replay.highest}


def _json(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _say(value: float, low: float | None, high: float | None) -> str:
    interval = "" if low is None or high is None else f" ({low:.3g} to {high:.3g})"
    return f"{value:.3g}{interval}"


def _say_calibrated(parts: list[dict[str, Any]]) -> str:
    missing = [
        say_segment(part["segment"]) if part["segment"] else "all rows"
        for part in parts
        if not part["errors_calibrated"]
    ]
    if not missing:
        return "calibrated"
    return (
        "not calibrated" if len(missing) == len(parts) else f"not calibrated: {', '.join(missing)}"
    )
