"""`driftd check`: what is wrong with a configuration, or what it will monitor."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli import USED_WRONGLY
from monitor.cli.options import config_option, json_option

if TYPE_CHECKING:
    from monitor.config import ModelConfig, Settings
    from monitor.reference.file import Reference

DIGEST_SHOWN = 4


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
    from monitor.cli.explain import explain, outline
    from monitor.config import ConfigError

    try:
        settings, references = check_all(config)
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


def check_all(config: Path) -> "tuple[Settings, dict[str, Reference]]":
    """Return the configuration and each model's reference.

    Raises ConfigError with everything that is wrong with the file, or else with what it names.
    """
    from monitor.config import ConfigError, load
    from monitor.config.access import access_problems
    from monitor.reference.file import ReferenceError, read_reference

    settings = load(config)
    problems = access_problems(settings)
    references = {}
    for name, model in settings.models.items():
        key = f"models.{name}.reference"
        try:
            reference = read_reference(model.reference)
        except ReferenceError as error:
            problems.append(f"{key}: {error}")
            continue
        references[name] = reference
        if reference.schema_digest != model.schema.digest:
            problems.append(f"{key}: {_mismatch(config, name, model, reference)}")
    if problems:
        raise ConfigError(config, problems)
    return settings, references


def _mismatch(config: Path, name: str, model: "ModelConfig", reference: "Reference") -> str:
    mend = ["driftd", "reference", "build", "-c", str(config), name, reference.source]
    return (
        f"{model.reference} was built for schema {reference.schema_digest[:DIGEST_SHOWN]}…, "
        f"this file describes {model.schema.digest[:DIGEST_SHOWN]}…; rebuild it:\n"
        f"    {shlex.join(mend)}"
    )
