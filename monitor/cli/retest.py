"""`driftd retest` and `driftd retest compare`."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option

if TYPE_CHECKING:
    from monitor.config import Settings
    from monitor.retest.result import Run

EXIT = {"passed": 0, "failed": 1, "inconclusive": 3}
NOW = "now"
EPILOG = "Exit status: 0 passed, 1 failed, 2 wrong use or configuration, 3 inconclusive."


class NowUnlessNamed(click.Group):
    """A group whose command is ``now`` where none is named, so that MODEL may come first."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``now`` before arguments that begin with no command and no call for help."""
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args = [NOW, *args]
        return super().parse_args(ctx, args)


@click.group(cls=NowUnlessNamed, epilog=EPILOG)
def retest() -> None:
    """Ask a live model now whether it meets its robustness requirements.

    \b
    driftd retest -c FILE MODEL [--retest NAME] [--endpoint URL] [--gate] [--json] [--junit FILE]
    driftd retest compare -c FILE MODEL CHAMPION_URL CHALLENGER_URL
    driftd retest catalogue

    \b
    Examples:
      driftd retest -c driftd.yaml credit
      driftd retest -c driftd.yaml credit --endpoint http://candidate:8080 --gate --junit out.xml
      driftd retest compare -c driftd.yaml credit http://credit:8080 http://candidate:8080
    """


retest_option = click.option(
    "--retest", "name", metavar="NAME", help="Only this one. Default: all of the model's re-tests."
)


@retest.command(NOW, epilog=EPILOG)
@config_option
@click.argument("model")
@retest_option
@click.option(
    "--endpoint", "url", metavar="URL", help="Another endpoint to ask, such as a candidate's."
)
@click.option(
    "--gate",
    is_flag=True,
    help="Decide a release: the chance of a false failure is 5 % in this run, in place of the "
    "configured budget over all runs.",
)
@json_option
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the verdicts as JUnit XML too.",
)
@click.pass_context
def now(
    ctx: click.Context,
    config: Path,
    model: str,
    name: str | None,
    url: str | None,
    gate: bool,
    as_json: bool,
    junit: Path | None,
) -> None:
    """Run MODEL's re-tests now and say whether it meets its requirements.

    Failed means: shown to be worse than required. Passed means: shown to meet it; after an attack,
    that it was not broken by this attack within this budget. Inconclusive means that neither was
    shown: too few records, or a model that does not answer.

    \b
    Examples:
      driftd retest -c driftd.yaml credit
      driftd retest -c driftd.yaml credit --retest nightly --json
    """
    from monitor.check import load_checked
    from monitor.retest.history import History
    from monitor.retest.locked_run import run_locked

    settings, references = load_checked(config)
    _quieten(settings)
    history = History(settings.state / "retests")
    cause = "gate" if gate else "request"
    runs: list[Run] = []
    for each in _chosen(settings, config, model, name):
        with _progress(each) as heard:
            runs.append(
                run_locked(
                    settings, references[model], model, each, cause, url, history, heard, gate
                )
            )
    verdict = worst([str(run.verdict) for run in runs])
    if junit is not None:
        from monitor.retest.junit import write_junit

        write_junit(junit, runs)
    if as_json:
        import msgspec

        told = {"verdict": verdict, "runs": [msgspec.to_builtins(run) for run in runs]}
        click.echo(json.dumps(told, indent=2))
    else:
        from rich.console import Console

        from monitor.retest.table_report import report

        console = Console(markup=False, highlight=False)
        for place, run in enumerate(runs):
            if place:
                console.print()
            report(run, console, history.folder(run.id, model))
    ctx.exit(EXIT[verdict])


@retest.command(epilog=EPILOG)
@config_option
@click.argument("model")
@click.argument("champion_url")
@click.argument("challenger_url")
@retest_option
@json_option
@click.pass_context
def compare(
    ctx: click.Context,
    config: Path,
    model: str,
    champion_url: str,
    challenger_url: str,
    name: str | None,
    as_json: bool,
) -> None:
    """Send the same changed records to two versions of MODEL and tell what got better or worse.

    Differences are paired by record, so that far fewer records show them than two runs would.
    Fails where the challenger is worse than the champion in any requirement.

    \b
    Examples:
      driftd retest compare -c driftd.yaml credit http://credit:8080 http://candidate:8080
    """
    from monitor.check import load_checked
    from monitor.retest.compare import run_compare
    from monitor.retest.comparison import Comparison

    settings, references = load_checked(config)
    _quieten(settings)
    found: list[Comparison] = []
    for each in _chosen(settings, config, model, name):
        with _progress(each) as heard:
            found.append(
                run_compare(
                    settings, references[model], model, each, champion_url, challenger_url, heard
                )
            )
    verdict = worst([str(each.verdict) for each in found])
    if as_json:
        import msgspec

        told = {"verdict": verdict, "comparisons": [msgspec.to_builtins(each) for each in found]}
        click.echo(json.dumps(told, indent=2))
    else:
        from rich.console import Console

        from monitor.retest.compare_report import report

        for comparison in found:
            report(comparison, Console(markup=False, highlight=False))
    ctx.exit(EXIT[verdict])


@retest.command()
def catalogue() -> None:
    """List what a requirement may name: perturbations, attacks, relations, and their options.

    \b
    Examples:
      driftd retest catalogue
    """
    from rich.console import Console

    from monitor.retest.catalogue_report import report

    report(Console(markup=False, highlight=False))


def worst(verdicts: Sequence[str]) -> str:
    """Return the verdict over several: failed before inconclusive before passed.

    >>> worst(["passed", "inconclusive"]), worst(["inconclusive", "failed"]), worst(["passed"])
    ('inconclusive', 'failed', 'passed')
    """
    return next(each for each in ("failed", "inconclusive", "passed") if each in verdicts)


def _quieten(settings: "Settings") -> None:
    """Log to stderr what matters only: progress is told otherwise, and stdout is the result's."""
    from monitor import logs
    from monitor.config.settings import LogLevel

    logs.configure(LogLevel.WARNING, settings.log.format)


def _chosen(settings: "Settings", config: Path, model: str, name: str | None) -> list[str]:
    """Return the names of the re-tests to run. Raises BadParameter, which says what there is."""
    if model not in settings.models:
        known = ", ".join(settings.models)
        raise click.BadParameter(f"{model!r} is no model of {config}, which has: {known}")
    retests = settings.models[model].retests
    if not retests:
        raise click.BadParameter(
            f"model {model} of {config} has no re-test; describe one in models.{model}.retests"
        )
    if name is None:
        return list(retests)
    if name not in retests:
        known = ", ".join(retests)
        raise click.BadParameter(
            f"{name!r} is no re-test of model {model}, which has: {known}", param_hint="--retest"
        )
    return [name]


@contextmanager
def _progress(name: str) -> Iterator[Callable[["Run"], None]]:
    """Show how far a run is on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.fields[retest]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
    )
    quiet = not sys.stderr.isatty()
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("", total=None, retest=name)

        def heard(run: "Run") -> None:
            told = ", ".join(filter(None, (run.doing, f"{run.queries:,} queries")))
            bar.update(task, completed=run.done, total=run.total, description=told)

        yield heard
