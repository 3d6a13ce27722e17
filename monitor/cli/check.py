"""`driftd check`: what is wrong with a configuration, or what it will monitor."""

import json
from pathlib import Path

import click

from monitor.cli import USED_WRONGLY
from monitor.cli.options import config_option, json_option


@click.command()
@config_option
@json_option
@click.pass_context
def check(ctx: click.Context, config: Path, as_json: bool) -> None:
    """Validate a configuration, its references and access rights; connect to nothing.

    Prints what will be monitored, or one line for each problem and exits with 2.

    \b
    Examples:
      driftd check -c driftd.yaml
      driftd check -c driftd.yaml --json
    """
    from monitor.check import load_checked
    from monitor.cli.explain import explain, outline
    from monitor.config import ConfigError

    try:
        settings, references = load_checked(config)
    except ConfigError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"file": str(config), "problems": error.problems}, indent=2))
        ctx.exit(USED_WRONGLY)
    if as_json:
        told = {"file": str(config), "problems": [], **outline(settings, references)}
        click.echo(json.dumps(told, indent=2))
    else:
        click.echo("\n".join(explain(config, settings, references)))
