"""What the order of a reference's rows showed, for machines."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from detectors.evidence.replay import Replay
from detectors.evidence.season import DAY_MS
from monitor.cli.sight_words import outline_sight
from monitor.config.budget import DEFAULT_BLOCKS, count_of
from monitor.config.durations import format_duration
from monitor.config.grid import Grid, say_block
from monitor.config.ignore_below import DEFAULT_IGNORED
from monitor.config.windows import default_windows
from monitor.reference.file import Reference
from monitor.reference.sight import ASSUMED_RECORDS, sight
from monitor.schema import REST


def outline_calibration(reference: Reference, traffic: float | None) -> dict[str, Any]:
    """Return what the order of the rows showed, and what can be seen under it, as JSON.

    traffic: records a block; None for the reference's own, or else ASSUMED_RECORDS. Inflations
    are ratios of variances, None for windows that are too long; shifts are in sd, None where
    none of up to 2 sd can be seen.
    """
    block = reference.block_ms
    pages, period = reference.pages or 1.0, reference.page_blocks or DEFAULT_BLOCKS
    return {
        "calibrated": reference.calibrated,
        "block": None if block is None else say_block(block, reference.by_rows),
        "days": reference.days,
        "budget": {"pages": pages, "period": _say_period(reference, period), "blocks": period},
        "ignore_below": DEFAULT_IGNORED,
        "parts": [
            _outline_part(reference, name, pages, period, traffic)
            for name in ("", *([*reference.segments, REST] if reference.segments else []))
        ],
    }


def _outline_part(
    reference: Reference, name: str, pages: float, period: float, traffic: float | None
) -> dict[str, Any]:
    windows = _windows(reference)
    records, assumed = _traffic(reference, name, traffic)
    calibration = reference.learned_for(name).calibration
    shifts = sight(reference, name, period, pages, windows, records, DEFAULT_IGNORED)
    told = {
        "segment": name,
        "calibrated": calibration is not None,
        "records_per_block": records,
        "assumed": assumed,
        "inflation": {},
        "replay": None,
        "smallest_shifts": outline_sight(reference.profile.features, shifts),
    }
    if calibration is not None:
        told["inflation"] = _inflation(reference, name, windows)
        if calibration.replay is not None:
            told["replay"] = _replay(reference, name, calibration.replay, pages, period)
    return told


def _windows(reference: Reference) -> dict[str, int]:
    """Return the windows that are told of, by name, in blocks."""
    if reference.block_ms is None or reference.by_rows:
        return dict(Grid.of_rows(1).windows)
    block, day = reference.block_ms, max(reference.block_ms, DAY_MS)
    return dict(Grid.of_time(block, 0, day, default_windows(block, day)).windows)


def _traffic(reference: Reference, name: str, traffic: float | None) -> tuple[float, bool]:
    """Return the records a block of a part, and whether they are assumed."""
    known = reference.records_per_block.get(name)
    if known is None and reference.by_rows and reference.block_ms is not None and not name:
        known = float(reference.block_ms)
    if traffic is not None or known is None:
        return float(traffic or ASSUMED_RECORDS), True
    return known, False


def _inflation(
    reference: Reference, name: str, windows: Mapping[str, int]
) -> dict[str, float | None]:
    counts = reference.summary_for(name).counts
    ratios = reference.learned_for(name).ratios(reference.profile, counts, wanders=True)
    found = ratios.location_inflation(np.array(list(windows.values()))).tolist()
    return {
        window: None if math.isinf(each) else each
        for window, each in zip(windows, found, strict=True)
    }


def _replay(
    reference: Reference, name: str, replay: Replay, pages: float, period: float
) -> dict[str, float]:
    streams = len(reference.segments) + 1 if name else 1
    return {
        "pages": replay.pages,
        "blocks": replay.blocks,
        "budgeted": pages * replay.blocks / period / streams,
        "highest": replay.highest,
    }


def _say_period(reference: Reference, blocks: float) -> str:
    if reference.block_ms is None or reference.by_rows:
        return count_of(blocks, "block")
    return format_duration(round(blocks * reference.block_ms))
