"""kill -9 between storing an event and its delivery loses nothing, and repeats are told by id."""

import subprocess
import sys
from pathlib import Path

from tests.monitor.config.files import changed, write
from tests.monitor.triggers.events import SECRET, event, settings_of, webhook
from tests.monitor.triggers.outbox import dispatching, open_store
from tests.parts.receiver import Reply, receiving, wait_until

IDS = [event(number).id for number in (1, 2, 3)]


def run_and_kill(folder: Path, url: str, task: str, until) -> None:
    """Store three events in a process of its own, and end it at any instruction."""
    (folder / "secret").write_text(SECRET)
    document = changed(
        {"triggers": {"retrain": webhook(url)}, "models.credit.triggers": ["retrain"]}
    )
    command = [sys.executable, "-m", "tests.monitor.triggers.outbox"]
    command += [str(write(folder, document)), task, "1", "2", "3"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "stored\n"
        until()
    finally:
        process.kill()
        process.communicate()


def deliver_the_rest(folder: Path, url: str) -> None:
    settings = settings_of(folder, webhook(url))
    with open_store(settings) as store, dispatching(store, settings):
        wait_until(lambda: store.view.triggers["retrain"].delivered == len(IDS))
        assert store.put([event(1), event(2), event(3)]) == []  # as the log is read again


def test_killed_between_storing_and_delivering_each_event_arrives_exactly_once(tmp_path):
    with receiving() as receiver:
        run_and_kill(tmp_path, receiver.url, "put", until=lambda: None)
        assert receiver.requests == []
        deliver_the_rest(tmp_path, receiver.url)
    assert receiver.ids == IDS


def test_killed_while_a_receiver_has_the_event_it_arrives_again_under_the_same_id(tmp_path):
    with receiving(Reply(wait_s=3)) as receiver:
        run_and_kill(tmp_path, receiver.url, "deliver", until=lambda: receiver.wait_for(1))
        receiver.reply = Reply(200)
        deliver_the_rest(tmp_path, receiver.url)
    assert receiver.ids == [IDS[0], *IDS]  # a receiver that drops known ids acts once on each
