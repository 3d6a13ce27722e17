"""The Dockerfile: hadolint's rules, and some of our own that it does not know."""

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.parts.deploy_tools import run_tool

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy" / "Dockerfile"


@pytest.fixture(scope="module")
def instructions() -> list[tuple[str, str]]:
    """The instructions of the file in order, each with all that follows its name."""
    text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE.read_text())
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def last(instructions: list[tuple[str, str]], name: str) -> str:
    return [value for key, value in instructions if key == name][-1]


def copied(instructions: list[tuple[str, str]]) -> list[str]:
    """What is copied from the repository."""
    copies = [value.split() for key, value in instructions if key == "COPY"]
    return [source for words in copies for source in words[:-1]]


def sent(path: str) -> bool:
    """Whether a path of the repository is sent to the build, by .dockerignore's last word."""
    kept = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        parents = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 2)]
        if pattern and not line.startswith("#") and any(fnmatch(one, pattern) for one in parents):
            kept = line.startswith("!")
    return kept


def test_hadolint_finds_nothing():
    assert run_tool("hadolint", "--no-color", "--failure-threshold", "info", DOCKERFILE) == (
        0,
        "",
        "",
    )


def test_everything_that_is_copied_is_there_and_is_sent(instructions):
    for source in copied(instructions):
        assert (ROOT / source).exists(), source
        assert sent(source), f"{source} is left out by .dockerignore"


def test_nothing_else_is_sent():
    assert not [each for each in ("tests", ".git", "deploy", "grafana", ".venv") if sent(each)]
    assert not sent("monitor/__pycache__")


def test_the_image_runs_as_a_user_by_number_that_is_not_root(instructions):
    user, group = last(instructions, "USER").split(":")
    assert (int(user), int(group)) > (0, 0)
    assert instructions.index(("USER", f"{user}:{group}")) > max(
        at for at, (key, _) in enumerate(instructions) if key == "RUN"
    )


def test_signals_reach_the_daemon_without_a_shell_between(instructions):
    assert json.loads(last(instructions, "ENTRYPOINT")) == ["driftd"]
    assert json.loads(last(instructions, "CMD")) == ["run", "-c", "/etc/driftd/driftd.yaml"]


def test_the_second_stage_fetches_nothing(instructions):
    second = max(at for at, (key, _) in enumerate(instructions) if key == "FROM")
    installs = [value for key, value in instructions[second:] if key == "RUN"]
    assert len(installs) == 1
    assert "--no-index" in installs[0]
    assert not re.search(r"apt|curl|wget", installs[0])
