"""`driftd reference build` and `driftd reference show`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from monitor.cli.options import config_option, json_option


@click.group()
def reference() -> None:
    """Build and show references: the frozen profiles that live traffic is compared with.

    \b
    Examples:
      driftd reference build -c driftd.yaml credit data/train.parquet
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
@json_option
def build(
    config: Path, model: str, data: tuple[Path, ...], out: Path | None, as_json: bool
) -> None:
    """Build MODEL's reference from DATA: what it was validated on, with its predictions.

    DATA are Parquet, CSV (with a header) or JSON Lines files, folders or quoted globs. Columns
    are found by the path, the name, or the last key of the path of each feature; the prediction
    and the segment are needed too. Prints what was found in each feature, and what is odd.

    \b
    Examples:
      driftd reference build -c driftd.yaml credit data/train.parquet
      driftd reference build -c driftd.yaml credit 'data/2026-01-*.csv' --out refs/january.ref
    """
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    from monitor.cli.reference_report import outline, report
    from monitor.config import load
    from monitor.reference.build import build_reference
    from monitor.reference.file import write_reference

    models = load(config).models
    if model not in models:
        known = ", ".join(models)
        raise click.BadParameter(f"{model!r} is no model of {config}, which has: {known}")
    settings = models[model]
    segment = settings.records.segment
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    quiet = as_json or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=quiet) as bar:
        task = bar.add_task("")
        built = build_reference(
            settings.schema,
            data,
            segment_most=segment.most if segment else 0,
            segment_values=segment.values if segment else None,
            progress=lambda done, size: bar.update(task, completed=done, total=size),
            created=datetime.now(UTC),
        )
    path = out or settings.reference
    path.parent.mkdir(parents=True, exist_ok=True)
    replaced = path.exists()
    write_reference(path, built)
    if as_json:
        click.echo(
            json.dumps({"file": str(path), "replaced": replaced, **outline(built)}, indent=2)
        )
        return
    report(built, Console(markup=False, highlight=False))
    click.echo(f"wrote {path}{', in place of the old one' if replaced else ''}", file=sys.stderr)


@reference.command()
@click.argument("ref", type=click.Path(path_type=Path))
@json_option
def show(ref: Path, as_json: bool) -> None:
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
        click.echo(json.dumps({"file": str(ref), **outline(found)}, indent=2))
    else:
        report(found, Console(markup=False, highlight=False))
