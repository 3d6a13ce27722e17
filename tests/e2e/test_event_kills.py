"""kill -9 at random moments between an alarm and its delivery loses no event and makes up none."""

import base64
import random
import threading
import time
from pathlib import Path
from typing import Any

from tests.e2e.small_model import FILES, append, build, configure, lines
from tests.parts.daemon import DaemonProcess, kill_at_random, run_until_end
from tests.parts.inbox import Inbox

KILLS = 8
PER_BLOCK = 500
STEP_MS = 60_000 // PER_BLOCK
WAVES = 4
"""How often the stream shifts and calms down again."""

TOPIC = "t"
SECRET = base64.b64encode(b"a key of tests, of 32 bytes long").decode()
MODEL: dict[str, Any] = {"warm_up": "0s", "idle_after": "5m", "triggers": ["hook"]}


def waves() -> list[bytes]:
    """A stream that shifts for three blocks in each wave."""
    found: list[bytes] = []
    for wave in range(WAVES):
        for blocks, shift in ((4, 0.0), (3, 1.5), (18, 0.0)):
            options = {"first": len(found), "step_ms": STEP_MS, "b_shift": shift}
            found += lines(blocks * PER_BLOCK, seed=100 + len(found) + wave, **options)
    return found


def configured(folder: Path, name: str, url: str) -> Path:
    (folder / "hook.key").write_text(SECRET)
    kinds = ["alarm", "alarm_cleared"]
    hook = {"webhook": f"{url}/{name}", "secret_file": "hook.key", "kinds": kinds}
    return configure(
        folder / f"{name}.yaml",
        FILES,
        TOPIC,
        MODEL,
        state=f"{name}-state",
        events={"cooldown": "1m"},
        triggers={"hook": hook},
        log={"level": "info"},
    )


def ids(inbox: Inbox, path: str) -> list[str]:
    return [letter.headers["webhook-id"] for letter in inbox.at(path)]


def test_after_any_kills_every_event_was_delivered_and_none_that_did_not_happen(tmp_path):
    log = waves()
    with Inbox() as inbox:
        calm, killed = (configured(tmp_path, name, inbox.url) for name in ("calm", "killed"))
        build(calm)

        def write() -> None:
            for start in range(0, len(log), 2_000):
                append(tmp_path, TOPIC, log[start : start + 2_000])
                time.sleep(0.4)

        writer = threading.Thread(target=write)
        writer.start()
        daemon = DaemonProcess(killed)
        kill_at_random(daemon, KILLS, random.Random(5))
        writer.join()
        run_until_end(calm)
        with DaemonProcess(calm):
            daemon.wait_for(lambda: len(set(ids(inbox, "/calm"))) == 2 * WAVES)
        with daemon:
            expected = set(ids(inbox, "/calm"))
            daemon.wait_for(lambda: set(ids(inbox, "/killed")) >= expected)
            daemon.wait_for(lambda: daemon.metric("driftd_trigger_queue_events") == 0)
            assert set(ids(inbox, "/killed")) == expected
            raised = daemon.metric("driftd_events_total", type="alarm.raised")
            assert raised == WAVES
            told = daemon.get("/api/v1/events?limit=100")["events"]
            assert {each["event"]["id"] for each in told} == expected
