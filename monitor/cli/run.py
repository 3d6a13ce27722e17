"""`driftd run`: the daemon."""

import json
import os
import signal
import threading
from pathlib import Path

import click

from monitor.cli.options import config_option


@click.command()
@config_option
@click.option(
    "--until-end",
    "until_end",
    is_flag=True,
    help="Stop once everything that was there at the start is read and every block is closed, "
    "and print what /api/v1/models/MODEL would give for each model.",
)
def run(config: Path, until_end: bool) -> None:
    """Watch the configured models until SIGTERM or SIGINT, or to the end of what is there.

    On a signal the daemon finishes its batch, stores its state and exits with 0. After a
    crash it goes on from the last state: no record is lost and none is counted twice. On SIGHUP
    it reads the configuration and the references again, and keeps the old where they are wrong.

    \b
    Examples:
      driftd run -c driftd.yaml
      driftd run -c driftd.yaml --until-end > result.json
    """
    from monitor import logs
    from monitor.check import load_checked
    from monitor.daemon import run as run_daemon
    from monitor.documents import model_document
    from monitor.memory import keep_freed_memory
    from monitor.reload import Reloads
    from monitor.service_manager import ServiceManager

    settings, references = load_checked(config)
    logs.configure(settings.log.level, settings.log.format)
    keep_freed_memory()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    manager = ServiceManager.of(os.environ, os.getpid())
    reloads = None
    if not until_end:
        reloads = Reloads(config, load_checked)
        signal.signal(signal.SIGHUP, lambda *_: reloads.request())
    view = run_daemon(settings, references, until_end, stop, manager=manager, reloads=reloads)
    if until_end:
        documents = {model.name: model_document(model) for model in view.models}
        click.echo(json.dumps({"models": documents}, indent=2))
