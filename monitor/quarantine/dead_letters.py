"""Sending rejected records to a dead-letter topic, one batch after the other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError
from kafka.net.compat import KafkaNetClient

from monitor.build import read_build
from monitor.config.source import KafkaConfig
from monitor.decode.batch import Reject
from monitor.sources.kafka_security import security_settings

SETTINGS = {
    "acks": "all",
    # An idempotent producer takes one record that is too large for fatal and fails the others.
    "enable_idempotence": False,
    "max_in_flight_requests_per_connection": 1,
    "compression_type": "lz4",
    "max_request_size": 1 << 30,  # the broker knows how much it takes
    "bootstrap_timeout_ms": 2_000,
    "max_block_ms": 2_000,
    "request_timeout_ms": 3_000,
    "delivery_timeout_ms": 5_000,
    "reconnect_backoff_max_ms": 1_000,
    "metrics_enabled": False,
}

SETTLED_S = 8.0
"""By when the client has delivered a record or given it up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch.

    delivered: how many are on the topic. refused: how many the topic takes at no time, for
    their size. undelivered: those to be sent again, and the problem that they met.
    """

    delivered: int = 0
    refused: int = 0
    undelivered: list[Reject] = field(default_factory=list)
    problem: str = ""


class DeadLetterTopic:
    """A topic of dead letters: records as they were, with headers that tell where and why.

    Each is delivered at least once: where that is in doubt it is sent again, and the headers
    ``driftd.dlq.topic``, ``.partition`` and ``.offset`` tell repeats. A record's key and own
    headers stay in the log that it came from.
    """

    def __init__(self, config: KafkaConfig, name: str) -> None:
        """Take where to send; the first batch connects.

        Raises SourceError if a secret cannot be read.
        """
        self.name = name
        self._settings = {
            **SETTINGS,
            "bootstrap_servers": config.bootstrap_servers,
            "kafka_client": self._make_client,
            **security_settings(config.security),
        }
        self._client: KafkaNetClient | None = None
        self._producer: KafkaProducer | None = None

    def send(self, batch: Sequence[Reject]) -> Outcome:
        """Send records and wait until it is settled what became of them; raises nothing."""
        try:
            if self._producer is None:
                self._producer = KafkaProducer(**self._settings)
            sent = [
                self._producer.send(self.name, value=each.value, headers=headers_of(each))
                for each in batch
            ]
            self._producer.flush(SETTLED_S)
        except Exception as error:
            # Whatever breaks a producer, another one goes on with the same records.
            self.disconnect()
            return Outcome(undelivered=list(batch), problem=str(error) or type(error).__name__)
        errors = [each.exception for each in sent]
        refused = sum(isinstance(error, MessageSizeTooLargeError) for error in errors)
        undelivered = [
            each
            for each, error in zip(batch, errors, strict=True)
            if error is not None and not isinstance(error, MessageSizeTooLargeError)
        ]
        if undelivered:
            self.disconnect()
        problem = next((str(error) for error in errors if error is not None), "")
        return Outcome(len(batch) - refused - len(undelivered), refused, undelivered, problem)

    def disconnect(self) -> None:
        """Close the connection; the next batch opens another one."""
        producer, client = self._producer, self._client
        self._producer = self._client = None
        try:
            if producer is not None:
                producer.close(SETTLED_S)
            elif client is not None:
                client.close()  # of a producer whose constructor failed
        except KafkaError:
            pass  # records that are sent again anyway

    def _make_client(self, **settings: Any) -> KafkaNetClient:
        """Make the part of a producer that a failed constructor leaves running."""
        self._client = KafkaNetClient(**settings)
        return self._client


def headers_of(reject: Reject) -> list[tuple[str, bytes]]:
    """Return the headers that tell where a record lies and why it was rejected."""
    told = {
        "topic": reject.partition.topic,
        "partition": reject.partition.number,
        "offset": reject.offset,
        "timestamp": "" if reject.timestamp_ms is None else reject.timestamp_ms,
        "reason": reject.reason,
        "error": reject.error,
        "version": read_build().version,
    }
    return [(f"driftd.dlq.{name}", str(value).encode()) for name, value in told.items()]
