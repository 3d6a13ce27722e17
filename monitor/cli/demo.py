"""`driftd demo`: the whole story on a real data set and a real small model."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click


@click.command()
@click.option("--serve", is_flag=True, help="Keep serving metrics until Ctrl-C.")
@click.option(
    "--kafka",
    metavar="HOST:PORT",
    help="Send the traffic through this Kafka broker instead of the file log.",
)
def demo(serve: bool, kafka: str | None) -> None:
    """Train a small real model, serve it, shift its live traffic, and watch driftd see it.

    Needs nothing but the package: the data set is one that river bundles. Takes less than a
    minute. With --kafka a new topic is made on that broker.

    \b
    Examples:
      driftd demo
      driftd demo --serve
      driftd demo --kafka localhost:9092
    """
    from rich.console import Console

    from monitor import logs
    from monitor.config.settings import LogFormat, LogLevel
    from monitor.demo.story import tell

    logs.configure(LogLevel.WARNING, LogFormat.LOGFMT)
    with TemporaryDirectory(prefix="driftd-demo-") as folder:
        tell(Path(folder), kafka, serve, Console())
