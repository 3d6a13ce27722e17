"""The windows whose statistics are exported."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from monitor.config.durations import DURATION_PATTERN, format_duration, parse_duration
from monitor.config.errors import ClashError, show_value

BLOCK = "block"
DEFAULT_WINDOWS = (BLOCK, "1h", "1d")

WINDOWS_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": {"anyOf": [{"const": BLOCK}, {"type": "string", "pattern": DURATION_PATTERN}]},
}


@dataclass(frozen=True, slots=True)
class Window:
    """One window, under its name in metrics."""

    name: str
    length_ms: int


def default_windows(block_ms: int, longest_ms: int) -> tuple[Window, ...]:
    """Return one block, an hour and a day, without those that the model's times rule out."""
    hour_and_day = [Window(name, parse_duration(name)) for name in DEFAULT_WINDOWS[1:]]
    fitting = [each for each in hour_and_day if block_ms < each.length_ms <= longest_ms]
    return (Window(BLOCK, block_ms), *fitting)


def parse_windows(names: Any, block_ms: int, longest_ms: int) -> tuple[Window, ...]:
    """Return the windows of a list such as [block, 1h, 1d].

    Raises ClashError, keyed by place in the list, for those that are no window of this model.
    """
    if names == []:
        raise ValueError("names no window, for example [block, 1h, 1d]")
    if not isinstance(names, (list, tuple)):
        raise ValueError(
            f"{show_value(names)} is not a list of windows, for example [block, 1h, 1d]"
        )
    windows, problems = [], []
    for place, name in enumerate(names):
        try:
            windows.append(_parse_window(name, block_ms, longest_ms))
        except ValueError as error:
            problems.append((str(place), str(error)))
    lengths = Counter(window.length_ms for window in windows)
    for length_ms, count in lengths.items():
        if count > 1:
            same = [window.name for window in windows if window.length_ms == length_ms]
            problems.append(("", f"{', '.join(same)} are the same window; keep one"))
    if problems:
        raise ClashError(problems)
    return tuple(windows)


def _parse_window(name: Any, block_ms: int, longest_ms: int) -> Window:
    if name == BLOCK:
        return Window(BLOCK, block_ms)
    shown, block, longest = show_value(name), format_duration(block_ms), format_duration(longest_ms)
    try:
        length_ms = parse_duration(name)
    except ValueError:
        raise ValueError(f"{shown} is not a window; '{BLOCK}' or a duration such as '1h'") from None
    if length_ms < block_ms:
        raise ValueError(f"{shown} is shorter than block: {block}; lengthen it or shorten block")
    if length_ms > longest_ms:
        raise ValueError(
            f"{shown} is longer than longest_window: {longest}; shorten it or raise longest_window"
        )
    return Window(name, length_ms)
