"""python -m reevaluate -c FILE: run the pipeline."""

import signal
import sys
import threading
from pathlib import Path

import click
import structlog

from monitor import logs
from monitor.config import ConfigError
from monitor.config.settings import LogFormat, LogLevel
from monitor.http.app_thread import AppThread, ListenError
from reevaluate.inbox import Inbox
from reevaluate.receiver import receiver
from reevaluate.settings import Settings, load_settings
from reevaluate.subject import SubjectError, load_subject
from reevaluate.worker import Worker

log = structlog.get_logger()

USED_WRONGLY = 2


@click.command()
@click.option(
    "-c", "--config", required=True, type=click.Path(path_type=Path), help="reevaluate.yaml"
)
def main(config: Path) -> None:
    """Take driftd's events from its webhook, re-evaluate the models, and post the results back.

    Exit status: 0 stopped, 2 wrong configuration.
    """
    logs.configure(LogLevel.INFO, LogFormat.LOGFMT)
    try:
        settings = checked(config)
        serve(settings)
    except (ConfigError, SubjectError, ListenError, OSError) as error:
        click.echo(str(error), err=True)
        sys.exit(USED_WRONGLY)


def checked(config: Path) -> Settings:
    """Return the configuration, whose models can be re-evaluated and whose secrets can be read.

    Raises ConfigError, SubjectError and OSError.
    """
    settings = load_settings(config)
    for file in (settings.secret_file, settings.driftd.token_file):
        file.read_text()
    for name in settings.models:
        load_subject(settings.driftd.config, name)
    return settings


def serve(settings: Settings) -> None:
    """Take events until SIGTERM or SIGINT; first go on with what a run before has left."""
    inbox, worker = Inbox(settings.spool), Worker(settings)
    server = AppThread(settings.listen, receiver(inbox, settings.secret_file, worker.begin))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    left = inbox.waiting()
    server.start()
    log.info("listening", address=server.url, taken_up=len(left))
    for case in left:
        worker.begin(case)
    stopped.wait()
    server.stop()


if __name__ == "__main__":
    main()
