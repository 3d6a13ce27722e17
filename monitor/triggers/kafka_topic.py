"""A Kafka topic: each event is one record, a CloudEvent in structured mode."""

import asyncio
from typing import Any

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError
from kafka.net.compat import KafkaNetClient
from kafka.net.selector import NetworkSelector

from monitor.config.settings import Settings
from monitor.events.event import CONTENT_TYPE, Event
from monitor.sources.kafka_client import Connections
from monitor.sources.kafka_security import security_settings
from monitor.sources.source import SourceError
from monitor.triggers.trigger import RefusedError, RetryLaterError

HEADERS = [("content-type", f"{CONTENT_TYPE}; charset=UTF-8".encode())]

SETTINGS = {
    "acks": "all",
    "max_in_flight_requests_per_connection": 1,
    "reconnect_backoff_max_ms": 1_000,
    "metrics_enabled": False,
}
CLOSE_S = 1.0

SHARE = 0.8
"""Of the time limit, for each of the client's own: it says what it waited for in vain."""


class KafkaTopic:
    """Sends events to a topic of the source's cluster, or of another one.

    The key is the model's name, so that a consumer gets a model's events from one partition. Each
    delivery has a producer of its own: events are rare, and a connection that is open for days
    between them would have to be watched.

    Source: Kafka Protocol Binding for CloudEvents 1.0.2, section 3.3.
    """

    def __init__(self, settings: Settings, name: str) -> None:
        """Take the trigger's name in the configuration."""
        config = settings.triggers[name]
        assert config.kafka is not None, "it is a topic"
        self._topic = config.kafka.topic
        self._servers = config.kafka.bootstrap_servers
        self._security = config.kafka.security
        self._security_key = f"triggers.{name}.kafka.security"
        if self._servers is None:
            assert settings.source.kafka is not None, "a cluster is configured"
            self._servers = settings.source.kafka.bootstrap_servers
            self._security = settings.source.kafka.security
            self._security_key = "source.kafka.security"
        self._limit_ms = round(SHARE * config.timeout)

    async def deliver(self, event: Event) -> str:
        """Send an event and wait until the brokers have it."""
        return await asyncio.to_thread(self._send, event)

    def _send(self, event: Event) -> str:
        opened: list[tuple[Connections, KafkaNetClient]] = []
        producer = None

        def make_client(**settings: Any) -> KafkaNetClient:
            # A producer whose constructor fails leaves its client running; this one is known, and
            # so is why its connections failed.
            net = NetworkSelector(**settings)
            connections = Connections(net, **settings)
            opened.append((connections, KafkaNetClient(net, connections)))
            return opened[-1][1]

        try:
            producer = KafkaProducer(kafka_client=make_client, **self._settings())
            key, value = event.data.model.encode(), msgspec.json.encode(event)
            sent = producer.send(self._topic, value=value, key=key, headers=HEADERS)
            record = sent.get(timeout=self._limit_ms / 1000)
        except MessageSizeTooLargeError as error:
            raise RefusedError(f"topic '{self._topic}' takes no record so large: {error}") from None
        except KafkaError as error:
            causes = [error, *(each.failure for each, _ in opened if each.failure is not None)]
            told = "; ".join(str(each) or type(each).__name__ for each in causes)
            raise RetryLaterError(f"topic '{self._topic}': {told}") from None
        finally:
            if producer is not None:
                producer.close(CLOSE_S)
            else:
                for _, client in opened:
                    client.close()
        return f"topic {record.topic}, partition {record.partition}, offset {record.offset}"

    def _settings(self) -> dict[str, Any]:
        """Return the producer's settings, none of which lets it try beyond the time limit."""
        try:
            login = (
                {}
                if self._security is None
                else security_settings(self._security, self._security_key)
            )
        except SourceError as error:
            raise RetryLaterError(str(error)) from None
        return {
            **SETTINGS,
            **login,
            "bootstrap_servers": self._servers,
            "bootstrap_timeout_ms": self._limit_ms,
            "max_block_ms": self._limit_ms,
            "request_timeout_ms": self._limit_ms,
            "delivery_timeout_ms": self._limit_ms,
        }
