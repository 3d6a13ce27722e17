"""A receiver of another installed package is found by its entry point, and used like any other."""

import asyncio
import sys
from pathlib import Path

import pytest

from monitor.events.event import Event
from monitor.triggers.attempt import attempt
from monitor.triggers.plugins import PluginError
from monitor.triggers.problems import trigger_problems
from monitor.triggers.registry import make_trigger
from tests.monitor.triggers.events import NAME, deliver, event, settings_of

PACKAGE = """
class Pager:
    def __init__(self, options, timeout_s):
        if "team" not in options:
            raise ValueError("team is missing; name who is paged")
        self.told = f"paged {options['team']} within {timeout_s:g} s about"

    async def deliver(self, event):
        return f"{self.told} {event.id}"
"""
ENTRY_POINTS = """\
[driftd.triggers]
pager = driftd_pager:Pager
broken = driftd_pager:NoSuch
"""


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with entry points, laid out as an installer does it."""
    site = tmp_path_factory.mktemp("site")
    (site / "driftd_pager.py").write_text(PACKAGE)
    told = site / "driftd_pager-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: driftd-pager\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.delitem(sys.modules, "driftd_pager", raising=False)
    return site


def plugin(name: str, **options: object) -> dict[str, object]:
    return {"plugin": {"name": name, "options": options}, "timeout": "3s"}


@pytest.mark.usefixtures("installed")
def test_it_is_made_with_its_options_and_delivers(tmp_path):
    told = deliver(settings_of(tmp_path, plugin("pager", team="ml")))
    assert told == f"paged ml within 3 s about {event().id}"


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("configured", "told"),
    [
        (
            plugin("pagers"),
            "name: 'pagers' is no entry point of the group driftd.triggers; install the package "
            "that brings it, or use one of: broken, pager",
        ),
        (plugin("pager"), "options: team is missing; name who is paged"),
        (plugin("broken"), "name: 'broken' cannot be imported: "),
    ],
)
def test_one_that_cannot_be_made_is_told_by_check_and_at_start(tmp_path, configured, told):
    settings = settings_of(tmp_path, configured)
    (problem,) = trigger_problems(settings)
    assert problem.startswith(f"triggers.{NAME}.plugin.{told}")
    with pytest.raises(PluginError):
        make_trigger(settings, NAME)


def test_a_key_that_is_none_is_told_by_check(tmp_path):
    settings = settings_of(tmp_path, {"webhook": "https://a.example", "secret_file": "secret"})
    assert list(trigger_problems(settings)) == []
    (tmp_path / "secret").write_text("hunter2")
    (problem,) = trigger_problems(settings)
    assert problem == (
        f"triggers.{NAME}.secret_file: {tmp_path}/secret does not hold a key: 24 to 64 bytes in "
        "base64, as `openssl rand -base64 32` makes them"
    )


def test_what_a_broken_receiver_raises_counts_as_a_failure_that_may_pass():
    class Broken:
        async def deliver(self, event: Event) -> str:
            raise KeyError(event.id)

    outcome = asyncio.run(attempt(Broken(), "broken", event(), 1.0))
    assert (outcome.delivered, outcome.again) == (False, True)
    assert outcome.words.startswith("KeyError: ")
