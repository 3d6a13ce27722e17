"""Delivering events to all triggers, each in a thread of its own."""

import time
from collections.abc import Callable

from monitor.config.settings import Settings
from monitor.triggers.courier import Courier, Outbox
from monitor.triggers.registry import make_trigger

PATIENCE_S = 1.0
GRACE_S = 0.5
"""How long stop() waits in all: for deliveries under way, and for cancelled ones."""


class Dispatcher:
    """Delivers what the store holds, from start() to stop(), at least once.

    A trigger that hangs holds up neither the others nor whoever stores events.
    """

    def __init__(self, outbox: Outbox, settings: Settings, clock_ms: Callable[[], int]) -> None:
        """Take where events wait, the configured triggers and the wall clock; connects to nothing.

        Raises PluginError where another package's receiver cannot be made.
        """
        self._couriers = {
            name: Courier(
                name,
                make_trigger(settings, name),
                outbox,
                config.timeout,
                config.give_up_after,
                clock_ms,
            )
            for name, config in settings.triggers.items()
        }

    def start(self) -> None:
        """Begin to deliver."""
        for courier in self._couriers.values():
            courier.start()

    def stop(self) -> None:
        """Return within two seconds; what is not delivered by then is delivered after a restart."""
        for courier in self._couriers.values():
            courier.ask_to_stop()
        self._join(PATIENCE_S)
        for courier in self._couriers.values():
            courier.cancel()
        self._join(GRACE_S)

    def _join(self, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        for courier in self._couriers.values():
            courier.join(max(0.0, deadline - time.monotonic()))
