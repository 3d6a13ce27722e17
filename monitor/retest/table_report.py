"""A run as people read it: its verdicts, where the loss is, and a picture."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from detectors.robustness.verdict import Verdict
from monitor.retest.curves import accuracy_curves, draw, kept_answer_curves
from monitor.retest.result import Clean, Figure, Requirement, Run, Share, State, Trial
from monitor.retest.totals import duration_s
from monitor.retest.wording import value_words

STYLES = {Verdict.PASSED: "green", Verdict.FAILED: "bold red", Verdict.INCONCLUSIVE: "yellow"}
MOST_SHARES = 3


def report(run: Run, console: Console, folder: Path | None = None) -> None:
    """Print a run.

    console: one that takes no markup, for names are data. folder: of the run, where its cases are;
    None where it is not on this machine.
    """
    console.print(_heading(run))
    for line in _about(run):
        console.print(line, soft_wrap=True)
    if run.requirements:
        console.print()
        console.print(_requirements(run))
    losses = list(_losses(run))
    if losses:
        console.print()
        console.print("Where most of the loss is:")
    for line in losses:
        console.print(f"  {line}", soft_wrap=True)
    for title, curves in (
        ("accuracy by severity", accuracy_curves(run)),
        ("answers that stay, by severity", kept_answer_curves(run)),
    ):
        if curves:
            console.print()
            console.print(draw(title, curves, console.width), soft_wrap=True)
    if run.cases:
        console.print()
        place = run.cases if folder is None else folder / run.cases
        console.print(f"Failing cases to learn from: {place}", soft_wrap=True)


def _heading(run: Run) -> Text:
    told = Text(f"{run.model}, {run.retest}: ", "bold")
    if run.state is State.FINISHED:
        told.append(run.verdict, STYLES[run.verdict])
    else:
        told.append(run.state)
    return told.append(f": {run.reason}" if run.reason else "", "default")


def _about(run: Run) -> Iterator[str]:
    version = f"version {run.version} at " if run.version else ""
    yield f"{version}{run.endpoint}, run {run.id}, seed {run.seed}"
    took_s = duration_s(run)
    took = "" if took_s is None else f" in {took_s:.1f} s"
    yield f"{run.queries:,} of {run.budget:,} queries{took}"
    for clean in run.clean:
        yield _clean(clean)
    if run.errors:
        failed = ", ".join(f"{count:,} {reason}" for reason, count in run.errors.items())
        yield f"failed requests: {failed}"


def _clean(clean: Clean) -> str:
    control = value_words("flip_ratio", clean.control_flip_ratio.value)
    told = f"{clean.data}: {clean.records:,} unchanged records"
    if "accuracy" in clean.figures:
        told += f", accuracy {_with_interval('accuracy', clean.figures['accuracy'])}"
    if clean.failed:
        told += f", {clean.failed:,} without an answer"
    return f"{told}; asked twice, {control} of the answers change"


def _requirements(run: Run) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("requirement", overflow="fold", ratio=2)
    table.add_column("verdict", no_wrap=True)
    table.add_column("value", justify="right")
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("in words", ratio=3)
    for each in run.requirements:
        figure = Figure(each.value, each.low, each.high)
        table.add_row(
            Text(each.name),
            Text(each.verdict, STYLES[each.verdict]),
            _with_interval(each.measure, figure),
            f"{each.records:,}",
            Text(_words(each)),
        )
    return table


def _words(requirement: Requirement) -> str:
    told = requirement.words or f"{requirement.limit} is required"
    needed = requirement.needed
    if needed is not None and f"{needed:,}" not in told:
        told += f"; about {needed:,} records would decide"
    return told


def _with_interval(measure: str, figure: Figure) -> str:
    """Return a value with its interval in the measure's unit, such as '3.0 % (2.2 % to 4.1 %)'."""
    value = value_words(measure, figure.value)
    if figure.value is None and figure.low is not None and measure.startswith("distance"):
        value = "beyond any change"
    elif figure.value is None or (figure.low is None and figure.high is None):
        return value
    return f"{value} ({_end(measure, figure.low)} to {_end(measure, figure.high)})"


def _end(measure: str, value: float | None) -> str:
    """An end that is not there is infinite: nothing that far was found."""
    return "∞" if value is None else value_words(measure, value)


def _losses(run: Run) -> Iterator[str]:
    """Yield where the loss of each trial lies that a requirement failed on."""
    failed = {
        (each.perturbation, each.severity, each.data)
        for each in run.requirements
        if each.verdict is Verdict.FAILED
    }
    for trial in run.trials:
        if (trial.perturbation, trial.severity, trial.data) in failed:
            yield from _loss(trial)


def _loss(trial: Trial) -> Iterator[str]:
    told = [
        f"{kind} {', '.join(_share(each) for each in shares[:MOST_SHARES])}"
        for kind, shares in (("features", trial.features), ("segments", trial.segments))
        if shares
    ]
    if trial.worst:
        told.insert(0, f"worst with {trial.worst}")
    if told:
        severity = f"{trial.severity:g} {trial.unit}".strip() if trial.unit else ""
        name = " ".join(filter(None, (trial.perturbation, severity)))
        yield f"{name}: {'; '.join(told)}"


def _share(share: Share) -> str:
    return f"{share.name} {100 * share.share:.0f} % ({share.records:,} records)"
