"""What every command has in common: help, exit status, errors without tracebacks."""

import subprocess
import sys
from importlib import import_module

import click
import pytest
from click.testing import CliRunner

from monitor.cli import COMMANDS, EXPECTED_ERRORS, LazyGroup, main
from monitor.config import ConfigError

HEAVY = {"scipy", "river", "pyarrow", "kafka", "pydantic", "numpy", "uvicorn", "starlette"}


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "importtime", "-m", "monitor", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def failing(error: BaseException) -> LazyGroup:
    """Return the frame around a command that raises an error."""

    @click.command()
    def fail() -> None:
        raise error

    group = LazyGroup("driftd")
    group.get_command = lambda ctx, name: fail  # noqa: ARG005
    return group


def test_help_names_every_command_and_imports_nothing_heavy():
    ended = run("--help")
    assert ended.returncode == 0
    assert all(f"\n  {name} " in ended.stdout for name in COMMANDS)
    imported = {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}
    assert imported & HEAVY == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example(name):
    result = CliRunner().invoke(main, [name, "--help"], prog_name="driftd")
    assert result.exit_code == 0
    assert f"driftd {name}" in result.output.split("Example", maxsplit=1)[1]


def test_the_version_is_told():
    result = CliRunner().invoke(main, ["--version"])
    assert (result.exit_code, result.output.split()[0]) == (0, "driftd")


def test_a_command_that_is_none_is_wrong_use():
    result = CliRunner().invoke(main, ["chekc"])
    assert result.exit_code == 2
    assert "chekc" in result.stderr


@pytest.mark.parametrize("place", EXPECTED_ERRORS)
def test_every_expected_error_is_one(place):
    module, name = place.split(":")
    assert issubclass(getattr(import_module(module), name), Exception)


def test_an_error_that_the_user_can_mend_is_told_without_a_traceback(tmp_path):
    path = tmp_path / "driftd.yaml"
    result = CliRunner().invoke(failing(ConfigError(path, ["listen: 'x' is wrong"])), ["any"])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == f"{path}: 1 problem\n  listen: 'x' is wrong\n"


def test_a_file_that_the_system_refuses_is_told_without_a_traceback():
    error = PermissionError(13, "Permission denied", "state")
    result = CliRunner().invoke(failing(error), ["any"])
    assert (result.exit_code, result.stderr) == (2, "[Errno 13] Permission denied: 'state'\n")


def test_an_interruption_is_quiet():
    result = CliRunner().invoke(failing(KeyboardInterrupt()), ["any"])
    assert (result.exit_code, result.output) == (130, "")


def test_a_fault_of_driftd_itself_is_not_hidden():
    result = CliRunner().invoke(failing(ZeroDivisionError("at home")), ["any"])
    assert isinstance(result.exception, ZeroDivisionError)
