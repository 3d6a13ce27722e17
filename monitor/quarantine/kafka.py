"""A quarantine in Kafka: rejected records wait for a thread that sends them to a topic."""

import threading
import time
from collections import deque
from collections.abc import Sequence

import structlog

from monitor.decode.batch import Reject
from monitor.quarantine.dead_letters import DeadLetterTopic, Outcome
from monitor.quarantine.quarantine import QuarantineError

log = structlog.get_logger()

WAIT_S = 3.0
"""How long put() waits for room, flush() for delivery, and close() for both."""

RETRY_S = 1.0
PATIENCE_S = 60.0
"""How long sending may fail before records are given up, so that the state can be stored."""

AT_ONCE = 1_000
MOST_WAITING_BYTES = 64 * 1024 * 1024


class KafkaQuarantine:
    """Sends rejected records to a dead-letter topic.

    While sending fails, flush() raises, so that no position behind the records is stored;
    after PATIENCE_S of that they are given up, for monitoring goes before dead letters.
    """

    def __init__(self, topic: DeadLetterTopic, position: int) -> None:
        """Take the topic, and what position() returns: there is nothing to forget in a topic."""
        self.written = self.failures = self.dropped = 0
        self._topic = topic
        self._position = position
        self._changed = threading.Condition()
        self._waiting: deque[Reject] = deque()
        self._waiting_bytes = 0
        self._under_way = 0
        self._failing_since: float | None = None
        self._problem = ""
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="dead-letters", daemon=True)
        self._thread.start()

    def put(self, rejects: Sequence[Reject]) -> None:
        """Hand rejected records to the thread; those that have waited longest make room."""
        size = _bytes_of(rejects)
        with self._changed:
            if self._failing_since is None:
                self._changed.wait_for(lambda: self._has_room_for(size), WAIT_S)
            self._waiting.extend(rejects)
            self._waiting_bytes += size
            while self._waiting_bytes > MOST_WAITING_BYTES:
                self._waiting_bytes -= len(self._waiting.popleft().value)
                self.dropped += 1
            self._changed.notify_all()

    def flush(self) -> None:
        """Return once all records are delivered or given up; raises QuarantineError if not."""
        with self._changed:
            if not self._changed.wait_for(self._is_empty, WAIT_S):
                count = len(self._waiting) + self._under_way
                raise QuarantineError(
                    f"{count} rejected records are not on topic '{self._topic.name}' yet: "
                    f"{self._problem or 'Kafka is slow'}; see that the topic exists and that "
                    "driftd may write to it"
                )

    def position(self) -> int:
        """Return the position that this was opened at."""
        return self._position

    def close(self) -> None:
        """Send what waits, unless that fails, and disconnect."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(WAIT_S)

    def _has_room_for(self, size: int) -> bool:
        return self._waiting_bytes + size <= MOST_WAITING_BYTES or not self._waiting

    def _is_empty(self) -> bool:
        return not self._waiting and not self._under_way

    def _work(self) -> None:
        while batch := self._take():
            self._settle(self._topic.send(batch))
        self._topic.disconnect()

    def _take(self) -> list[Reject]:
        """Wait for the next records, after a failure for longer; return none at the end."""
        with self._changed:
            if self._failing_since is not None:
                self._changed.wait_for(lambda: self._closing, RETRY_S)
                if self._closing:
                    return []
            self._changed.wait_for(lambda: self._waiting or self._closing)
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            self._waiting_bytes -= _bytes_of(batch)
            self._under_way = len(batch)
            self._changed.notify_all()
            return batch

    def _settle(self, outcome: Outcome) -> None:
        with self._changed:
            self.written += outcome.delivered
            self.failures += outcome.refused + len(outcome.undelivered)
            self.dropped += outcome.refused
            self._under_way = 0
            self._problem = outcome.problem
            if outcome.undelivered:
                self._keep_or_give_up(outcome.undelivered)
            elif self._failing_since is not None:
                self._failing_since = None
                log.info("quarantine_recovered", topic=self._topic.name)
            self._changed.notify_all()

    def _keep_or_give_up(self, undelivered: list[Reject]) -> None:
        now = time.monotonic()
        if self._failing_since is None:
            self._failing_since = now
            log.error("quarantine_failed", topic=self._topic.name, error=self._problem)
        if now - self._failing_since < PATIENCE_S:
            self._waiting.extendleft(reversed(undelivered))
            self._waiting_bytes += _bytes_of(undelivered)
            return
        lost = len(undelivered) + len(self._waiting)
        self.dropped += lost
        self._waiting.clear()
        self._waiting_bytes = 0
        log.error("quarantine_gave_up", topic=self._topic.name, records=lost, error=self._problem)


def _bytes_of(rejects: Sequence[Reject]) -> int:
    return sum(len(each.value) for each in rejects)
