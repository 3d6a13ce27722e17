"""`driftd reference build` and `driftd reference show`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option

if TYPE_CHECKING:
    from monitor.config import ModelConfig
    from monitor.reference.plan import Plan


traffic_option = click.option(
    "--traffic",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Records a block that the smallest detectable shifts are told for. Default: the "
    "reference's own, 1,000 where its rows have no order.",
)


@click.group()
def reference() -> None:
    """Build and show references: the frozen profiles that live traffic is compared with.

    \b
    Examples:
      driftd reference build -c driftd.yaml credit data/validation.parquet --time ts
      driftd reference show credit.ref
    """


@reference.command()
@config_option
@click.argument("model")
@click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="REF",
    help="The file to write. Default: the model's reference in the configuration.",
)
@click.option(
    "--time",
    metavar="COLUMN",
    help="The column of the rows' time. Default: the field of records.time, if the data have it.",
)
@traffic_option
@json_option
def build(
    config: Path,
    model: str,
    data: tuple[Path, ...],
    out: Path | None,
    time: str | None,
    traffic: float | None,
    as_json: bool,
) -> None:
    """Build MODEL's reference from DATA: what it was validated on, with its predictions.

    DATA are Parquet, CSV (with a header) or JSON Lines files, folders or quoted globs. Columns
    are found by the path, the name, or the last key of the path of each feature; the prediction
    and the segment are needed too. From 14 days of rows with a time (in any order, as timestamps,
    ISO 8601 or numbers in the unit of records.time) the reference learns what streams do without
    drift: their season and their memory. Where labels are configured and DATA hold them (in a
    column that is found by the path of the label, or its last key), it learns the model's
    performance, and how to estimate it before labels come. Prints what was found, and what is odd.

    \b
    Examples:
      driftd reference build -c driftd.yaml credit data/validation.parquet --time ts
      driftd reference build -c driftd.yaml credit 'data/2026-01-*.csv' --out refs/january.ref
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from monitor.cli.reference_report import outline, report
    from monitor.config import load
    from monitor.reference.build import build_reference
    from monitor.reference.file import write_reference

    models = load(config).models
    if model not in models:
        known = ", ".join(models)
        raise click.BadParameter(f"{model!r} is no model of {config}, which has: {known}")
    settings = models[model]
    if time is not None and settings.rows_per_block is not None:
        raise click.BadParameter(
            f"model {model} has blocks of rows (rows_per_block), whose order is that of the rows "
            "in the files; leave --time out",
            param_hint="--time",
        )
    segment = settings.records.segment
    console = Console(stderr=True)
    columns = (
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    quiet = as_json or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("")
        built = build_reference(
            settings.schema,
            data,
            plan=_plan(settings),
            labels=settings.label_schema,
            time=time,
            segment_most=segment.most if segment else 0,
            segment_values=segment.values if segment else None,
            progress=lambda done, size: bar.update(task, completed=done, total=size),
            doing=lambda what: bar.update(task, description=what),
            created=datetime.now(UTC),
        )
    path = out or settings.reference
    path.parent.mkdir(parents=True, exist_ok=True)
    replaced = path.exists()
    write_reference(path, built)
    if as_json:
        click.echo(
            json.dumps(
                {"file": str(path), "replaced": replaced, **outline(built, traffic)}, indent=2
            )
        )
        return
    report(built, Console(markup=False, highlight=False), traffic)
    click.echo(f"wrote {path}{', in place of the old one' if replaced else ''}", file=sys.stderr)


@reference.command()
@click.argument("ref", type=click.Path(path_type=Path))
@traffic_option
@json_option
def show(ref: Path, traffic: float | None, as_json: bool) -> None:
    """Show what the reference file REF holds.

    \b
    Examples:
      driftd reference show refs/credit.ref
      driftd reference show refs/credit.ref --json
    """
    from rich.console import Console

    from monitor.cli.reference_report import outline, report
    from monitor.reference.file import read_reference

    found = read_reference(ref)
    if as_json:
        click.echo(json.dumps({"file": str(ref), **outline(found, traffic)}, indent=2))
    else:
        report(found, Console(markup=False, highlight=False), traffic)


def _plan(model: "ModelConfig") -> "Plan":
    from monitor.reference.plan import Plan

    grid = model.grid
    return Plan(
        block=grid.block,
        by_rows=grid.by_rows,
        longest=grid.longest // grid.block,
        pages=model.budget.pages,
        page_blocks=model.budget_blocks,
        warm_up=model.warm_up_blocks,
    )
