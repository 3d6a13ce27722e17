"""A store of events and a dispatcher over it, for tests and for processes that tests kill.

python -m tests.monitor.triggers.outbox CONFIG put|deliver NUMBER...
"""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from monitor.config import Settings, load
from monitor.events.event import Event
from monitor.events.routing import receivers
from monitor.events.store import EventStore
from monitor.triggers.dispatcher import Dispatcher
from tests.monitor.triggers.events import event


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@contextmanager
def open_store(settings: Settings) -> Iterator[EventStore]:
    """Open the store of a configuration, which sends events where the models say."""
    settings.state.mkdir(parents=True, exist_ok=True)
    subscribed = {name: model.triggers for name, model in settings.models.items()}

    def route(told: Event) -> Sequence[str]:
        return receivers(told, subscribed, settings.triggers)

    store = EventStore(settings.state / "events.sqlite3", route, now_ms)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def dispatching(store: EventStore, settings: Settings) -> Iterator[Dispatcher]:
    """Deliver what the store holds, until the end."""
    dispatcher = Dispatcher(store, settings, now_ms)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        dispatcher.stop()


def main() -> None:
    """Store events, and deliver them if that is asked for, until killed."""
    config, task, *numbers = sys.argv[1:]
    settings = load(Path(config))
    with open_store(settings) as store:
        store.put([event(int(number)) for number in numbers])
        if task == "deliver":
            Dispatcher(store, settings, now_ms).start()
        print("stored", flush=True)
        time.sleep(600)


if __name__ == "__main__":
    main()
