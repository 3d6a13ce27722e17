"""Options that several commands share."""

from pathlib import Path

import click

config_option = click.option(
    "-c",
    "--config",
    "config",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The configuration file (YAML).",
)

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for machines.")
