import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

START = """
import logging, sys, structlog
from monitor import logs
from monitor.config.settings import LogFormat, LogLevel
logs.configure(LogLevel(sys.argv[1]), LogFormat(sys.argv[2]))
log = structlog.get_logger()
"""


def lines(program: str, level: str = "info", form: str = "logfmt") -> list[str]:
    """Return what a program logs, which has configured logging first."""
    command = [sys.executable, "-c", START + program, level, form]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == ""
    return done.stderr.splitlines()


def events(program: str, level: str = "info") -> list[dict]:
    return [json.loads(line) for line in lines(program, level, "json")]


def test_logfmt_is_time_level_event_and_then_the_values():
    (line,) = lines("log.info('block_closed', model='credit', records=8124, share=0.5, on=True)")
    time, rest = line.split(" ", 1)
    assert rest == "level=info event=block_closed model=credit records=8124 share=0.5 on=true"
    assert re.fullmatch(r"timestamp=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", time)


def test_json_has_the_same_values_with_their_types():
    (event,) = events("log.info('block_closed', model='credit', records=8124, on=True)")
    time = datetime.fromisoformat(event.pop("timestamp"))
    assert abs(datetime.now(UTC) - time) < timedelta(minutes=1)
    assert event == {
        "level": "info",
        "event": "block_closed",
        "model": "credit",
        "records": 8124,
        "on": True,
    }


def test_what_json_cannot_say_is_logged_as_text():
    (event,) = events("from pathlib import Path; log.info('opened', file=Path('a/b'))")
    assert "a/b" in event["file"]


def test_a_value_with_spaces_quotes_and_newlines_stays_on_one_line():
    (line,) = lines("log.warning('odd', value='a \"b\"\\nc=d')")
    assert line.endswith(r'value="a \"b\"\nc=d"')


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_an_error_and_its_traceback_are_one_line(form):
    program = "try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('failed', at=7)"
    (line,) = lines(program, form=form)
    assert "ZeroDivisionError: division by zero" in line
    assert "Traceback" in line


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_the_libraries_log_in_the_same_form_with_their_name(form):
    program = "logging.getLogger('uvicorn.error').warning('took %d s at %s', 3, 'start')"
    (line,) = lines(program, form=form)
    if form == "json":
        event = json.loads(line)
        assert (event["level"], event["event"]) == ("warning", "took 3 s at start")
        assert event["logger"] == "uvicorn.error"
    else:
        assert line.endswith('level=warning event="took 3 s at start" logger=uvicorn.error')
        assert line.startswith("timestamp=")


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_only_events_of_the_level_and_above_are_logged(level, told):
    program = "for level in ('debug', 'info', 'warning', 'error'): getattr(log, level)('x')"
    assert [event["level"] for event in events(program, level)] == told


def test_libraries_are_quiet_about_what_driftd_tells_of_itself():
    program = """
for name in ('kafka.conn', 'uvicorn.error', 'httpx'):
    logging.getLogger(name).info('chatter')
logging.getLogger('kafka.client').error('a connection was lost')
logging.getLogger('uvicorn.error').error('a broken request')
"""
    assert [event["event"] for event in events(program, "debug")] == ["a broken request"]


@pytest.mark.parametrize("form", ["logfmt", "json"])
def test_what_others_wrote_cannot_steer_a_terminal(form):
    (line,) = lines("log.warning('odd', value='7\\x1b[31m\\r\\x9b')", form=form)
    assert line.isprintable()
