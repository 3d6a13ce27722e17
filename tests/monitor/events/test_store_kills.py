import random
import subprocess
import sys
import time

from monitor.events.store import EventStore
from tests.monitor.events.made import START_MS, an_event
from tests.monitor.events.putting import BATCH

KILLS = 4


def run_and_kill(file, first, after_s):
    """Store and deliver for a while; return the lines that were said before the kill."""
    command = [sys.executable, "-m", "tests.monitor.events.putting", str(file), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        begun = process.stdout.readline()
        time.sleep(after_s)
        process.kill()
        rest = process.stdout.read()
    lines = (begun + rest).decode().splitlines()
    assert lines, "it stored nothing"
    return [line.split() for line in lines]


def test_a_kill_loses_nothing_that_was_acknowledged_and_leaves_nothing_half_done(tmp_path):
    rng = random.Random(20260105)
    file = tmp_path / "events.sqlite3"
    first = 0
    delivered = set()
    for _ in range(KILLS):
        said = run_and_kill(file, first, rng.uniform(0, 0.2))
        delivered |= {what for verb, what in said if verb == "delivered"}
        put = max((int(what) for verb, what in said if verb == "put"), default=-BATCH) + BATCH

        store = EventStore(file, lambda _: [], lambda: START_MS)
        found = {each.event.id: each for each in store.events(most=100_000)}
        assert len(found) % BATCH == 0, "a batch was stored in part"
        assert {an_event(number=number).id for number in range(put)} <= found.keys()
        assert delivered <= {
            id_ for id_, each in found.items() if each.deliveries["retrain"] == "delivered"
        }
        assert {each.deliveries["audit"] for each in found.values()} == {"waiting"}

        view = store.view
        assert view.counts == {("credit", "alarm.raised"): len(found)}
        assert view.triggers["audit"].waiting == len(found)
        trigger = view.triggers["retrain"]
        assert trigger.delivered + trigger.waiting == len(found)
        store.close()
        first = len(found)
    assert first > 10 * KILLS
    assert delivered
