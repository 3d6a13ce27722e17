"""What a model's budget and reference allow to see, for machines and in lines for people."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.cli.sight_words import outline_sight, say_segment, say_sight
from monitor.config import ModelConfig
from monitor.config.budget import count_of
from monitor.config.durations import format_duration
from monitor.reference.file import Reference
from monitor.reference.sight import ASSUMED_RECORDS, page_threshold, sight
from monitor.schema import REST


def outline_alarms(model: ModelConfig, reference: Reference) -> dict[str, Any]:
    """Return the budget, and for each segment's streams what would page, as JSON.

    Thresholds of evidence are in nats, shifts in sd of the reference.
    """
    budget = model.budget
    segments = [*reference.segments, REST] if model.records.segment is not None else [""]
    return {
        "budget": {
            "pages": budget.pages,
            "tickets": budget.tickets,
            "period": model.budget_period,
            "blocks": model.budget_blocks,
        },
        "ignore_below": model.ignore_below,
        "warm_up": {
            "length": None if model.grid.by_rows else format_duration(model.warm_up),
            "blocks": model.warm_up_blocks,
        },
        "streams": [_outline_stream(model, reference, segment) for segment in segments],
    }


def explain_alarms(told: Mapping[str, Any], block: str) -> Iterator[str]:
    """Yield the lines of an outline. block: the length of a block in words."""
    budget = told["budget"]
    allowed = f"{count_of(budget['pages'], 'page')} and {count_of(budget['tickets'], 'ticket')}"
    whole = (
        "features and windows" if len(told["streams"]) == 1 else "segments, features and windows"
    )
    yield (
        f"budget: {allowed} in {budget['period']}, over all {whole}; "
        f"effects below {told['ignore_below']:.3g} sd raise none"
    )
    yield f"calibration: {_say_calibration(told)}"
    for stream in told["streams"]:
        seen = say_sight(stream["smallest_shifts"], block)
        if seen is not None:
            whose = f"{say_segment(stream['segment'])} " if stream["segment"] else ""
            yield f"{whose}{seen}, {_say_traffic(stream, told)}"


def _outline_stream(model: ModelConfig, reference: Reference, segment: str) -> dict[str, Any]:
    grid, measured = model.grid, _traffic(model, reference, segment)
    assumed = grid.block if grid.by_rows else ASSUMED_RECORDS
    records = assumed if measured is None else measured
    blocks, pages = model.budget_blocks, model.budget.pages
    page = page_threshold(reference, segment, blocks, pages)
    windows, ignore_below = dict(grid.windows), model.ignore_below
    shifts = sight(reference, segment, blocks, pages, windows, records, ignore_below)
    return {
        "segment": segment,
        "calibrated": reference.learned_for(segment).calibration is not None,
        "page_threshold": page,
        "ticket_threshold": page - math.log(model.budget.tickets / pages),
        "records_per_block": records,
        "assumed": measured is None,
        "smallest_shifts": outline_sight(reference.profile.features, shifts),
    }


def _traffic(model: ModelConfig, reference: Reference, segment: str) -> float | None:
    """Return the mean records a block of the reference, None where it tells nothing of that."""
    if (reference.block_ms, reference.by_rows) != (model.grid.block, model.grid.by_rows):
        return None
    return reference.records_per_block.get(segment)


def _say_calibration(told: Mapping[str, Any]) -> str:
    streams, days = told["streams"], told["reference"]["days"]
    lacking = [stream for stream in streams if not stream["calibrated"]]
    if not lacking:
        return f"from {'the order' if days is None else f'{days:.3g} days'} of the reference's rows"
    if len(lacking) < len(streams):
        names = ", ".join(say_segment(stream["segment"]) for stream in lacking)
        why = f"the reference holds too little of {names}"
        return f"{why}: there {_say_warm_up(told['warm_up'])}"
    why = "the reference has no time order"
    if days is not None:
        why = f"the {days:.3g} days of the reference are too few"
    return f"{why}: {_say_warm_up(told['warm_up'])}"


def _say_warm_up(warm_up: Mapping[str, Any]) -> str:
    if not warm_up["blocks"]:
        return "records are taken to be independent of one another (warm_up)"
    length, key = warm_up["length"], " (warm_up)"
    if length is None:
        length, key = count_of(warm_up["blocks"], "block"), ""
    return f"nothing pages for the first {length} while driftd learns the stream{key}"


def _say_traffic(stream: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    assumed = " (assumed)" if stream["assumed"] else ""
    unknown = not stream["calibrated"] and told["warm_up"]["blocks"]
    condition = ", if they are independent of one another" if unknown else ""
    return f"at {stream['records_per_block']:,.0f} records a block{assumed}{condition}"
