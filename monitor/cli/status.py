"""`driftd status`: a running daemon as a table."""

import json
from typing import Any

import click

from monitor.cli.options import json_option

DEFAULT_URL = "http://127.0.0.1:9477"
TIMEOUT_S = 5.0


@click.command()
@click.argument("url", default=DEFAULT_URL)
@json_option
@click.pass_context
def status(ctx: click.Context, url: str, as_json: bool) -> None:
    """Show what a running daemon says of its models, [http://127.0.0.1:9477] by default.

    Exit status: 0 where all is well, 1 where a feature has drifted or the daemon is not ready,
    2 where none answers.

    \b
    Examples:
      driftd status
      driftd status http://driftd.internal:9477 --json
    """
    document = _ask(url.rstrip("/"))
    if as_json:
        click.echo(json.dumps(document, indent=2))
    else:
        _show(document)
    if not document["ready"] or any(model["drifted"] for model in document["models"]):
        ctx.exit(1)


def _ask(url: str) -> dict[str, Any]:
    import httpx

    try:
        answer = httpx.get(f"{url}/api/v1/status", timeout=TIMEOUT_S)
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise click.UsageError(
            f"no driftd answers at {url}: {error}; is it running, and is this its 'listen' address?"
        ) from error
    return document


def _show(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    source = document["source"]
    state = "ready" if document["ready"] else f"not ready: {document['reason']}"
    if source is not None:
        state += f"; {source['name']}, {source['lag']:,} {source['lag_unit']} behind"
        if source["problem"]:
            state += f"; {source['problem']}"
    console.print(f"driftd {document['version']}: {state}", highlight=False, markup=False)
    table = Table("model", "streams", "records", "late", "rejected", "last block", "drifted")
    for model in document["models"]:
        drifted = [
            f"{each['feature']}: {each['words']} ({each['window']})" for each in model["drifted"]
        ]
        table.add_row(
            escape(model["model"]),
            *(f"{model[name]:,}" for name in ("streams", "records", "late", "rejects")),
            model["last_block_end"] or "none yet",
            escape("\n".join(drifted)) or "nothing",
        )
    console.print(table)
