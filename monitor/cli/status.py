"""`driftd status`: a running daemon as a table."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.daemon_client import USER_VARIABLE, Access, ask_status
from monitor.cli.options import json_option

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from monitor.document_types import ModelSummary, Status

DEFAULT_URL = "http://127.0.0.1:9477"
FILE = click.Path(path_type=Path)
MOST_DRIFTED = 10
"""Drifted features that are shown of each model; the API has all."""


@click.command()
@click.argument("url", default=DEFAULT_URL)
@click.option("--ca-file", type=FILE, help="The authority of the daemon's certificate (PEM).")
@click.option("--cert-file", type=FILE, help="A certificate to show to the daemon (PEM).")
@click.option("--key-file", type=FILE, help="Its key, if not in the same file.")
@click.option(
    "--user-file",
    type=FILE,
    help=f"A file with a user's NAME:PASSWORD; without it {USER_VARIABLE} of the environment.",
)
@json_option
@click.pass_context
def status(
    ctx: click.Context,
    url: str,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    user_file: Path | None,
    as_json: bool,
) -> None:
    """Show what the daemon at URL [http://127.0.0.1:9477] says of its models.

    Exit status: 0 if it is ready and nothing pages (a ticket is shown, no more), 1 if a page
    is active or it is not ready, 2 if no daemon answers.

    \b
    Examples:
      driftd status
      driftd status http://driftd.internal:9477 --json
      driftd status https://driftd.internal:9477 --ca-file ca.crt --user-file user
    """
    whole = url.rstrip("/") if "://" in url else f"http://{url.rstrip('/')}"
    answer, document = ask_status(whole, Access(ca_file, cert_file, key_file, user_file))
    if as_json:
        click.echo(json.dumps(json.loads(answer), indent=2))
    else:
        _show(document)
    if not document.ready or any(_pages(model) for model in document.models):
        ctx.exit(1)


def _pages(model: "ModelSummary") -> bool:
    return model.alarm is not None and model.alarm.severity == "page"


def _show(document: "Status") -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(f"driftd {document.version}: {_state(document)}")
    console.print(_models(document.models))
    if document.models:
        console.print(_alarms(document.models))
    if any(model.diagnosis or model.performance for model in document.models):
        console.print(_judgements(document.models))
    if any(model.drifted for model in document.models):
        console.print(_drifted(document.models))
    events = document.events
    if events.events or events.triggers or events.results:
        from monitor.cli.event_table import event_tables

        for table in event_tables(events):
            console.print(table)
    if any(model.retests for model in document.models):
        from monitor.cli.retest_table import retest_table

        console.print(retest_table(document.models))


def _state(document: "Status") -> str:
    state = "ready" if document.ready else f"not ready: {document.reason}"
    source = document.source
    if source is not None:
        state += f"; {source.name}, {source.lag:,} {source.lag_unit} behind"
        if source.problem:
            state += f"; {source.problem}"
    return state


def _models(models: Sequence["ModelSummary"]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("model")
    for name in ("streams", "records", "rejected"):
        table.add_column(name, justify="right")
    table.add_column("last block", no_wrap=True)
    for model in models:
        table.add_row(
            Text(model.model),
            f"{model.streams:,}",
            f"{model.records:,}",
            f"{model.rejects:,}",
            model.last_block_end or "none yet",
        )
    return table


def _alarms(models: Sequence["ModelSummary"]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("model", "alarm")
    table.add_column("evidence", justify="right", no_wrap=True)
    for model in models:
        share = model.share_of_page
        evidence = "none yet" if share is None else f"{100 * share:.0f} % of a page"
        table.add_row(Text(model.model), _alarm(model), evidence)
    return table


def _alarm(model: "ModelSummary") -> "Text":
    """Return the worst alarm, since when and where, and until when it warms up."""
    from rich.text import Text

    told = Text("calm")
    if model.alarm is not None:
        alarm = model.alarm
        told = Text(alarm.severity, {"page": "bold red", "ticket": "yellow"}[alarm.severity])
        if alarm.since:
            told.append(f" since {alarm.since}", "default")
        if stream := " ".join(filter(None, (alarm.version, alarm.segment))):
            told.append(f" in {stream}", "default")
    if model.warm_up is not None:
        until = f" until {model.warm_up.until}" if model.warm_up.until else ""
        told.append(f"; warming up{until}, no alarms meanwhile", "default")
    return told


def _judgements(models: Sequence["ModelSummary"]) -> "Table":
    """Return the surest diagnosis of each model and its performance in one number."""
    from rich.table import Table
    from rich.text import Text

    table = Table("model", "diagnosis", "measure")
    for name in ("now", "reference", "estimated"):
        table.add_column(name, justify="right", no_wrap=True)
    for model in models:
        told, found = model.performance, model.diagnosis
        if told is None and found is None:
            continue
        table.add_row(
            Text(model.model),
            found.kind.replace("_", " ") if found else "none",
            told.measure if told else "no labels",
            _number(told.value if told else None),
            _number(told.reference if told else None),
            _number(told.estimated if told else None),
        )
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _drifted(models: Sequence["ModelSummary"]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("drifted in")
    table.add_column("feature", no_wrap=True)
    table.add_column("change")
    table.add_column("effect", no_wrap=True)
    for model in models:
        for each in model.drifted[:MOST_DRIFTED]:
            stream = " ".join(filter(None, (model.model, each.version, each.segment)))
            effect = "" if each.effect_sd is None else f"{each.kind} {each.effect_sd:+.2f} sd"
            table.add_row(*map(Text, (stream, each.feature, each.words, effect)))
        more = len(model.drifted) - MOST_DRIFTED
        if more > 0:
            table.add_row(Text(model.model), "", f"and {more:,} more", "")
    return table
