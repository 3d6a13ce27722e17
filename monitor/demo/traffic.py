"""The demo's live traffic: real requests to the model's server, logged with its answers."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from monitor.demo.data import Record, Split
from monitor.demo.model import NAME

TOPIC = "segments.predictions"
BATCH = 100
STEP_MS = 100
"""Event time between two records."""

PARTITIONS = 3


class Log(Protocol):
    """Where the traffic is written for the daemon to read."""

    def write(self, lines: Sequence[bytes]) -> None: ...

    def close(self) -> None: ...


class FileLog:
    """A topic of the file log: one segment that grows."""

    def __init__(self, folder: Path) -> None:
        """Open the topic's first segment below the log's folder."""
        topic = folder / TOPIC
        topic.mkdir(parents=True, exist_ok=True)
        self._file = (topic / "0001.jsonl").open("ab")

    def write(self, lines: Sequence[bytes]) -> None:
        """Append records."""
        self._file.write(b"".join(line + b"\n" for line in lines))
        self._file.flush()

    def close(self) -> None:
        """Close the segment."""
        self._file.close()


def create_topic(bootstrap: Sequence[str], topic: str) -> None:
    """Create a topic for a `KafkaLog`. Raises kafka.errors.TopicAlreadyExistsError."""
    from kafka import KafkaAdminClient

    admin = KafkaAdminClient(bootstrap_servers=list(bootstrap))
    try:
        admin.create_topics({topic: {"num_partitions": PARTITIONS, "replication_factor": 1}})
    finally:
        admin.close()


class KafkaLog:
    """The same as a topic of a broker."""

    def __init__(self, bootstrap: Sequence[str], topic: str) -> None:
        """Connect; the topic must exist."""
        from kafka import KafkaProducer

        self._topic = topic
        self._producer = KafkaProducer(bootstrap_servers=list(bootstrap), linger_ms=5)
        self._next = 0

    def write(self, lines: Sequence[bytes]) -> None:
        """Send records, to the partitions in turn.

        So the n-th label is in the partition of the n-th prediction, where it is looked for.
        """
        for line in lines:
            self._producer.send(self._topic, line, partition=self._next % PARTITIONS)
            self._next += 1
        self._producer.flush()

    def close(self) -> None:
        """Close the connection."""
        self._producer.close()


@dataclass(slots=True)
class Traffic:
    """Sends records to the model's server and logs what it answers.

    A record's id is its event time: no two have the same.
    """

    split: Split
    server: str
    log: Log
    start_ms: int
    sent: int = 0

    def send(self, records: Sequence[Record]) -> Iterator[int]:
        """Send records in batches; yield how many each of them had."""
        with httpx.Client(base_url=self.server, timeout=10) as client:
            for at in range(0, len(records), BATCH):
                batch = records[at : at + BATCH]
                self.log.write(self._logged(batch, self._ask(client, batch)))
                self.sent += len(batch)
                yield len(batch)

    def time_ms(self, number: int) -> int:
        """Return the event time of a record by its place in the traffic, the first one's is 0."""
        return self.start_ms + number * STEP_MS

    def _ask(self, client: httpx.Client, batch: Sequence[Record]) -> list[list[float]]:
        names = self.split.features
        tensor = {
            "name": "measurements",
            "shape": [len(batch), len(names)],
            "datatype": "FP64",
            "data": [features[name] for features, _ in batch for name in names],
        }
        answer = client.post(f"/v2/models/{NAME}/infer", json={"inputs": [tensor]})
        answer.raise_for_status()
        flat = answer.json()["outputs"][0]["data"]
        width = len(self.split.classes)
        return [flat[at : at + width] for at in range(0, len(flat), width)]

    def _logged(self, batch: Sequence[Record], answers: Sequence[Sequence[float]]) -> list[bytes]:
        return [
            json.dumps(
                {
                    "id": f"r{self.time_ms(self.sent + at)}",
                    "ts": self.time_ms(self.sent + at),
                    "model_version": "1",
                    "features": features,
                    "probabilities": answer,
                }
            ).encode()
            for at, ((features, _), answer) in enumerate(zip(batch, answers, strict=True))
        ]
