"""One attempt to deliver an event: what came of it, within a time limit, whatever happens."""

import asyncio
from dataclasses import dataclass

import structlog

from monitor.events.event import Event
from monitor.triggers.one_line import one_line
from monitor.triggers.trigger import RefusedError, RetryLaterError, Trigger

log = structlog.get_logger()

LONGEST_TOLD = 600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt.

    words: what the receiver answered, or what failed. again: whether the same delivery may
    succeed later, of one that failed. after_s: the least time to wait, None for any.
    """

    delivered: bool
    words: str
    again: bool = False
    after_s: float | None = None


async def attempt(trigger: Trigger, name: str, event: Event, timeout_s: float) -> Outcome:
    """Deliver an event once; raises nothing but CancelledError.

    A receiver's mistake must not end its thread, so any other exception is a failure like one of
    the network, and is logged with its traceback.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return Outcome(True, told(await trigger.deliver(event)))
    except RefusedError as error:
        return Outcome(False, told(str(error)))
    except RetryLaterError as error:
        return Outcome(False, told(str(error)), again=True, after_s=error.after_s)
    except TimeoutError:
        return Outcome(False, f"the delivery took longer than {timeout_s:g} s", again=True)
    except Exception as error:
        log.exception("trigger_broken", trigger=name, event_id=event.id)
        return Outcome(False, told(f"{type(error).__name__}: {error}"), again=True)


def told(text: str) -> str:
    """Return what a receiver says, or what failed, as logs and tables may hold it."""
    return one_line(text, LONGEST_TOLD)
