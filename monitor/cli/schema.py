"""`driftd schema`: the JSON Schema of the configuration."""

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors.

    \b
    Example:
      driftd schema > driftd.schema.json
    """
    from monitor.config import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
