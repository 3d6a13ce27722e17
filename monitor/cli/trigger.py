"""`driftd trigger test`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from monitor.cli.options import config_option, json_option

if TYPE_CHECKING:
    from monitor.config import Settings


@click.group()
def trigger() -> None:
    """Try the receivers of events.

    \b
    Examples:
      driftd trigger test -c driftd.yaml retrain
    """


@trigger.command(epilog="Exit status: 0 delivered, 1 not delivered, 2 wrong use or configuration.")
@config_option
@click.argument("name")
@json_option
@click.pass_context
def test(ctx: click.Context, config: Path, name: str, as_json: bool) -> None:
    """Send a marked test event through the trigger NAME, and tell what the receiver answered.

    The event has data.test true and severity info. It is sent once, whatever the trigger's
    filters are, and kept nowhere.

    \b
    Examples:
      driftd trigger test -c driftd.yaml retrain
      driftd trigger test -c driftd.yaml retrain --json
    """
    import asyncio
    import time

    from monitor import logs
    from monitor.config import load
    from monitor.config.settings import LogLevel
    from monitor.triggers.attempt import attempt
    from monitor.triggers.loop_threads import new_loop
    from monitor.triggers.registry import make_trigger
    from monitor.triggers.trial import trial_event

    settings = load(config)
    _require_usable(settings, config, name)
    logs.configure(LogLevel.WARNING, settings.log.format)
    event = trial_event(settings, name, time.time_ns() // 1_000_000)
    timeout_s = settings.triggers[name].timeout / 1000
    with asyncio.Runner(loop_factory=new_loop) as runner:
        outcome = runner.run(attempt(make_trigger(settings, name), name, event, timeout_s))
    if as_json:
        told = {"trigger": name, "event": event.id, "delivered": outcome.delivered}
        click.echo(json.dumps({**told, "answer": outcome.words, "again": outcome.again}, indent=2))
    else:
        mend = "driftd would try again later" if outcome.again else "driftd would give it up"
        said = "delivered" if outcome.delivered else f"not delivered ({mend})"
        click.echo(f"{name}: test event {event.id} {said}")
        click.echo(f"  {outcome.words}")
    ctx.exit(0 if outcome.delivered else 1)


def _require_usable(settings: "Settings", config: Path, name: str) -> None:
    """Raise BadParameter where there is no such trigger, ConfigError where it cannot work."""
    from monitor.config import ConfigError
    from monitor.config.access import access_problems
    from monitor.triggers.problems import trigger_problems

    if name not in settings.triggers:
        known = ", ".join(settings.triggers) or "none"
        raise click.BadParameter(f"{name!r} is no trigger of {config}, which has: {known}")
    found = [*access_problems(settings), *trigger_problems(settings)]
    problems = [each for each in found if each.startswith(f"triggers.{name}.")]
    if problems:
        raise ConfigError(config, problems)
