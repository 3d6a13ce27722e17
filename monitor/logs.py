"""Structured logs on stderr: one line an event, logfmt or JSON, the libraries' ones too."""

import logging
import sys

import structlog
from structlog.typing import Processor

from monitor.config.settings import LogFormat, LogLevel
from monitor.printable import printable

QUIET = {"kafka": logging.CRITICAL, "uvicorn": logging.WARNING, "httpx": logging.WARNING}
"""Least level of libraries that say more than an operator wants to know. kafka-python logs every
retry as an error, and the source tells of them once itself."""


def configure(level: LogLevel, form: LogFormat) -> None:
    """Send every event of at least ``level`` to stderr, in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, least in QUIET.items():
        logging.getLogger(name).setLevel(max(least, root.level))


def _renderer(form: LogFormat) -> Processor:
    if form is LogFormat.JSON:
        return structlog.processors.JSONRenderer()
    render = structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"], bool_as_flag=False
    )
    # JSON escapes control characters itself.
    return lambda logger, name, event: printable(render(logger, name, event))
