"""What the order of a reference's rows showed, in lines for people."""

from collections.abc import Iterator, Mapping
from typing import Any

from detectors.evidence.smallest_effect import MOST
from monitor.cli.sight_words import say_segment
from monitor.config.budget import count_of

INSENSITIVE = 0.5
"""A shift of so many sd is one that any owner would want to see within a day."""

FEATURES_SHOWN = 5


def calibration_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of an outline that say what was calibrated, and how the check went."""
    whole, *segments = told["parts"]
    if whole["calibrated"]:
        blocks = f"in blocks of {told['block']}"
        yield f"calibrated on {_say_order(told)} {blocks}, {_say_rate(whole)}"
        half = _say_half(told, whole["replay"])
        yield (
            f"  replaying the second half, {half}, under the first half's calibration: "
            f"{_say_pages(whole['replay'])}"
        )
        yield f"  inflation of the typical feature: {_say_inflation(whole)}"
    else:
        yield "calibrated no"
    for part in segments:
        yield f"  {say_segment(part['segment'])}: {_say_part(part)}"


def sight_line(told: Mapping[str, Any]) -> str:
    """Return what the shifts in the table of features rest on."""
    part, budget = told["parts"][0], told["budget"]
    allowed = f"{count_of(budget['pages'], 'page')} in {budget['period']}"
    unknown = "" if part["calibrated"] else ", if records are independent of one another"
    return (
        f"Under {', '.join(part['smallest_shifts'])}: the smallest shift, in sd, that pages within "
        f"so long in 4 of 5 cases (budget {allowed}; {_say_rate(part)}{unknown})."
    )


def restless_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield the streams whose replay paged more often than it was allowed."""
    parts = told["parts"]
    for part in parts[1:] or parts:
        replay = part["replay"]
        if replay is not None and replay["pages"] > replay["budgeted"]:
            where = f" of {say_segment(part['segment'])}" if part["segment"] else ""
            yield (
                f"the replay{where} raised {_say_pages(replay)}: only more evidence than its "
                f"highest, {replay['highest']:.1f} nats, will page there; if the model saw drift "
                "in these days already, build from calmer ones"
            )


def insensitive_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what streams wander too much to show within the longest window that is told of."""
    parts = told["parts"]
    for part in parts[1:] or parts:
        *_, (window, shifts) = part["smallest_shifts"].items()
        inflation = part["inflation"].get(window, 1.0)
        hidden = {
            name: MOST if shift is None else shift
            for name, shift in shifts.items()
            if shift is None or shift > INSENSITIVE
        }
        if hidden and inflation != 1.0:
            where = f" in {say_segment(part['segment'])}" if part["segment"] else ""
            yield (
                f"this reference cannot tell drift below {_say_hidden(hidden)} within "
                f"{window}{where}: {_say_wander(inflation)}; build from more days if there are "
                "any, and watch the model's errors beside"
            )


def _say_part(part: Mapping[str, Any]) -> str:
    if not part["calibrated"]:
        return "not calibrated"
    pages = _say_pages(part["replay"])
    return f"{_say_rate(part)}; {pages}; inflation {_say_inflation(part)}"


def _say_order(told: Mapping[str, Any]) -> str:
    return "the order of the rows" if told["days"] is None else f"{told['days']:.3g} days"


def _say_half(told: Mapping[str, Any], replay: Mapping[str, Any]) -> str:
    if told["days"] is None:
        return count_of(replay["blocks"], "block")
    return f"{told['days'] / 2:.2g} days"


def _say_rate(part: Mapping[str, Any]) -> str:
    records = part["records_per_block"]
    rate = f"{records:,.0f}" if records >= 100 else f"{records:.3g}"
    assumed = " (assumed, see --traffic)" if part["assumed"] else ""
    return f"{rate} record{'' if rate == '1' else 's'} a block{assumed}"


def _say_pages(replay: Mapping[str, Any]) -> str:
    """Return how many pages a replay raised, and how many were allowed."""
    return f"{count_of(replay['pages'], 'page')}, {replay['budgeted']:.2g} were budgeted"


def _say_inflation(part: Mapping[str, Any]) -> str:
    found = [
        f"{window} {'unknown' if each is None else f'{each:.3g}'}"
        for window, each in part["inflation"].items()
    ]
    return ", ".join(found)


def _say_hidden(hidden: Mapping[str, float | None]) -> str:
    shown = [f"{shift:.2g} sd in `{name}`" for name, shift in list(hidden.items())[:FEATURES_SHOWN]]
    more = len(hidden) - len(shown)
    return f"{', '.join(shown)}{f' and {more} more features' if more else ''}"


def _say_wander(inflation: float | None) -> str:
    if inflation is None:
        return "it is too short to say how far such windows wander"
    return f"the means of such windows vary {inflation:.2g} times as much as by chance"
