"""What a receiver of events is to driftd: one method, and two ways in which it can fail."""

from typing import Protocol

from monitor.events.event import Event


class Trigger(Protocol):
    """Delivers events to one receiver; made anew when driftd starts, without connecting.

    driftd calls it from one thread, bounds each delivery by the trigger's timeout and cancels it
    then, calls again later what failed, and may deliver an event more than once: its id tells
    repeats.
    """

    async def deliver(self, event: Event) -> str:
        """Deliver an event; return what the receiver answered, in a few words.

        Raises RetryLaterError where the same delivery may succeed later, RefusedError where it
        never will. Any other exception counts as the first.
        """
        ...


class RetryLaterError(Exception):
    """A delivery failed and may succeed later. after_s: the least time to wait, None for any."""

    def __init__(self, problem: str, after_s: float | None = None) -> None:
        """Take what failed, in words for an operator."""
        self.after_s = after_s
        super().__init__(problem)


class RefusedError(Exception):
    """The receiver will never take this event; the message says why, for an operator."""
