"""Pictures in the terminal of how a model fares as perturbations grow."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import plotext

from monitor.retest.result import Run
from monitor.retest.severities import by_severity

MARKERS = ("●", "▲", "■", "◆")
"""Of the curves of one picture; more of them would hide one another."""

HEIGHT = 14
WIDEST = 100
CLEAN = "clean"


@dataclass(frozen=True, slots=True)
class Curve:
    """A measure of one perturbation by severity.

    name: of the perturbation, with its options and data. severities: as they were configured, the
    least first, with the unit. start: the value on unchanged records, None where not known.
    values: one a severity.
    """

    name: str
    severities: tuple[str, ...]
    start: float | None
    values: tuple[float, ...]


def accuracy_curves(run: Run) -> list[Curve]:
    """Return the accuracy of every perturbation that was run at two severities or more."""
    clean = {
        each.data: each.figures["accuracy"].value
        for each in run.clean
        if "accuracy" in each.figures
    }
    return list(_curves(run, "accuracy", clean))


def kept_answer_curves(run: Run) -> list[Curve]:
    """Return the share of answers that stay of every perturbation whose accuracy is not known."""
    known = {curve.name for curve in accuracy_curves(run)}
    flips = _curves(run, "flip_ratio", {each.data: 0.0 for each in run.clean})
    return [
        Curve(
            flip.name,
            flip.severities,
            None if flip.start is None else 1 - flip.start,
            tuple(1 - value for value in flip.values),
        )
        for flip in flips
        if flip.name not in known
    ]


def draw(title: str, curves: Sequence[Curve], width: int) -> str:
    """Return pictures of up to four curves each, and what each line in them is.

    The steps of the horizontal axis are the severities of each curve, in their order: units
    differ. width: of the terminal, in columns.
    """
    pictures = [
        _picture(title, curves[first : first + len(MARKERS)], min(width, WIDEST))
        for first in range(0, len(curves), len(MARKERS))
    ]
    return "\n\n".join(pictures)


def _curves(run: Run, measure: str, clean: Mapping[str, float | None]) -> Iterator[Curve]:
    groups = by_severity(run, measure)
    several = len({place.data for place in groups}) > 1
    for place, trials in groups.items():
        values = [trial.figures[measure].value for trial in trials]
        data = place.data if several else ""
        yield Curve(
            name=" ".join(filter(None, (place.perturbation, place.options, data))),
            severities=tuple(f"{trial.severity:g} {trial.unit}".strip() for trial in trials),
            start=clean.get(place.data),
            values=tuple(value for value in values if value is not None),
        )


def _picture(title: str, curves: Sequence[Curve], width: int) -> str:
    steps = max(len(curve.values) for curve in curves)
    figure = plotext.figure  # there is but one, so it is cleared before and after
    figure.clear()
    figure.theme("colorless")
    figure.plot_size(width, HEIGHT)
    figure.title(title)
    figure.legend(False)
    for curve, marker in zip(curves, MARKERS, strict=False):
        points = [*enumerate(curve.values, start=1)]
        if curve.start is not None:
            points = [(0, curve.start), *points]
        places, values = zip(*points, strict=True)
        figure.draw(figure.signal(list(places), list(values), marker=marker).lines())
    everything = [value for curve in curves for value in (*curve.values, curve.start or 1.0)]
    low, high = min(everything), max(everything)
    room = max(0.05, high - low) / 10
    figure.ruler("y").lim(max(0.0, low - room), min(1.0, high + room))
    figure.ruler("x").ticks(list(range(steps + 1)), [CLEAN, *map(str, range(1, steps + 1))])
    drawn = str(figure.build().string(True)).rstrip("\n")
    figure.clear()
    lines = [line.rstrip() for line in drawn.splitlines()]
    legend = [
        f"  {marker} {curve.name}: {', '.join(curve.severities)}"
        for curve, marker in zip(curves, MARKERS, strict=False)
    ]
    return "\n".join([*lines, *legend])
