"""The `driftd` command: one file per subcommand, imported only when it is used."""

import os
import sys
from importlib import import_module
from typing import Any

import click

# The matrices here are small: threads of a linear algebra library would wait for one another
# far longer than they compute. It reads this when numpy is imported, by a command.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

COMMANDS = {
    "check": "monitor.cli.check:check",
    "schema": "monitor.cli.schema:schema",
    "reference": "monitor.cli.reference:reference",
    "run": "monitor.cli.run:run",
    "status": "monitor.cli.status:status",
    "retest": "monitor.cli.retest:retest",
    "trigger": "monitor.cli.trigger:trigger",
    "rules": "monitor.cli.rules:rules",
    "demo": "monitor.cli.demo:demo",
}
"""Subcommand to 'module:object'. A module here imports nothing heavy before its command runs."""

EXPECTED_ERRORS = (
    "monitor.config.errors:ConfigError",
    "monitor.labels.slices:LabelStoreError",
    "monitor.reference.file:ReferenceError",
    "monitor.reference.table:DataError",
    "monitor.retest.history:BusyError",
    "monitor.sources.source:SourceError",
    "monitor.state.snapshot:StateError",
)
"""'module:class' of the errors, besides OSError, whose message is all that a user needs."""

USED_WRONGLY = 2
INTERRUPTED = 130


class LazyGroup(click.Group):
    """The subcommands of COMMANDS, with errors that users can mend told without a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a subcommand, None for a name that is not one."""
        if name not in COMMANDS:
            return None
        module, attribute = COMMANDS[name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; exit 2 with its message where the user can mend the error."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise  # click's own business
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except expected_errors() as error:
            click.echo(str(error), err=True)
            ctx.exit(USED_WRONGLY)


def expected_errors() -> tuple[type[Exception], ...]:
    """Return the errors whose message tells the user what to do.

    A module that is not loaded has raised nothing, so it is not imported for this.
    """
    found: list[type[Exception]] = [OSError]
    for place in EXPECTED_ERRORS:
        module, name = place.split(":")
        if module in sys.modules:
            found.append(getattr(sys.modules[module], name))
    return tuple(found)


def print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the installed version and exit, as the callback of --version."""
    if not wanted:
        return
    from monitor.build import read_build

    click.echo(f"driftd {read_build().version}")
    ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done, 1 a finding that was asked about, 2 wrong use or configuration.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=print_version,
    help="Show the version and exit.",
)
def main() -> None:
    """Watch the inputs and predictions of models behind live traffic for drift.

    \b
    Examples:
      driftd demo
      driftd check -c driftd.yaml
      driftd run -c driftd.yaml
    """
