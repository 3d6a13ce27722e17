"""A process that stores and delivers events as fast as it can, and says what is done.

    python -m tests.monitor.events.putting FILE FIRST

Events have numbers from FIRST on, and come in batches of three. A line "put NUMBER" or
"delivered ID" is printed once the store has returned.
"""

import os
import sys
import threading
from pathlib import Path

from monitor.events.store import EventStore
from tests.monitor.events.made import START_MS, an_event

BATCH = 3
TRIGGER = "retrain"


def main() -> None:
    path, first = Path(sys.argv[1]), int(sys.argv[2])
    store = EventStore(path, lambda _: [TRIGGER, "audit"], lambda: START_MS)
    threading.Thread(target=deliver, args=(store,), daemon=True).start()
    number = first
    while True:
        store.put([an_event(number=number + place) for place in range(BATCH)])
        say(f"put {number}")
        number += BATCH


def deliver(store: EventStore) -> None:
    while True:
        delivery = store.due(TRIGGER, START_MS)
        if delivery is None:
            store.wait(TRIGGER, 1)
            continue
        store.delivered(delivery)
        say(f"delivered {delivery.event.id}")


def say(line: str) -> None:
    os.write(1, f"{line}\n".encode())  # at once, and lines of two threads are apart


if __name__ == "__main__":
    main()
