"""The demo as services beside a daemon: ``python -m monitor.demo.stage prepare|play -c FILE``.

Both take the daemon's own configuration: it names the broker, the topics, the files and the model.
"""

import json
import random
import signal
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe

import click

from monitor.cli.options import config_option
from monitor.config import ModelConfig, Settings, load
from monitor.demo.data import SEED, Record, draw_traffic, load_segments
from monitor.demo.files import LABEL, write_evaluation, write_training
from monitor.demo.model import NAME, Classifier, model_server
from monitor.demo.traffic import BATCH, STEP_MS, KafkaLog, Log, Traffic, create_topic
from monitor.http.app_thread import AppThread
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference

BEFORE = 6_000
"""Records from before the start: ten minutes of traffic as in training."""

LABEL_AFTER_MS = 60_000
"""How long after a prediction it is known what the segment shows."""

QUIET_S = 300
"""How long the live traffic is as in training before the camera moves, and how long after."""


@dataclass(slots=True)
class Labels:
    """Tells what the segments of the traffic showed, a minute after their predictions."""

    log: Log
    traffic: Traffic
    noted: int = 0
    _waiting: deque[tuple[int, bytes]] = field(default_factory=deque)

    def note(self, records: Sequence[Record]) -> None:
        """Take the records that the traffic sends next."""
        for _, label in records:
            predicted_ms = self.traffic.time_ms(self.noted)
            known_ms = predicted_ms + LABEL_AFTER_MS
            told = {"id": f"r{predicted_ms}", "ts": known_ms, LABEL: label}
            self._waiting.append((known_ms, json.dumps(told).encode()))
            self.noted += 1

    def tell(self, now_ms: float) -> None:
        """Write the labels that are known by now."""
        known = []
        while self._waiting and self._waiting[0][0] <= now_ms:
            known.append(self._waiting.popleft()[1])
        self.log.write(known)


@click.group()
def stage() -> None:
    """Stage the demo around a daemon."""


@stage.command()
@config_option
def prepare(config: Path) -> None:
    """Create the topics and files that the configuration names, a token and some traffic.

    A second time there is nothing left to do.
    """
    settings = load(config)
    model = settings.models[NAME]
    if model.reference.exists():
        click.echo(f"{model.reference} is there already")
        return
    if settings.api_token_file is not None:
        settings.api_token_file.write_text(token_urlsafe())
    rng = random.Random(SEED)
    split = load_segments(rng)
    classifier = Classifier(split)
    assert model.evaluation is not None, "the demo's model has an evaluation"
    write_evaluation(model.evaluation.data, split)
    for topic in _topics(settings):
        create_topic(_brokers(settings), topic)
    records = draw_traffic(split, BEFORE, False, rng)
    with ExitStack() as stack:
        server = AppThread("127.0.0.1:0", model_server(classifier, len(split.features)))
        server.start()
        stack.callback(server.stop)
        start_ms = _now_ms() - BEFORE * STEP_MS
        traffic = Traffic(split, server.url, _open(settings, _predictions(model), stack), start_ms)
        labels = Labels(_open(settings, _labels(model), stack), traffic)
        labels.note(records)
        for _ in traffic.send(records):
            pass
        labels.tell(float("inf"))
    training = model.reference.with_suffix(".jsonl")
    write_training(training, split, classifier)
    built = build_reference(model.schema, [training], labels=model.label_schema)
    # Last: it is the sign that everything is there.
    write_reference(model.reference, built)
    click.echo(f"wrote {model.reference} and {BEFORE:,} records")


@stage.command()
@config_option
@click.option("--listen", default="0.0.0.0:8080", help="Where the model is served.")
def play(config: Path, listen: str) -> None:
    """Serve the model and send it traffic, ten records a second, until SIGTERM or SIGINT.

    The camera is moved to the countryside after five minutes, and back after five more, and so on.
    """
    settings = load(config)
    model = settings.models[NAME]
    rng = random.Random(SEED)
    split = load_segments(rng)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        server = AppThread(listen, model_server(Classifier(split), len(split.features)))
        server.start()
        stack.callback(server.stop)
        click.echo(f"the model is served at {server.url}")
        log = _open(settings, _predictions(model), stack)
        traffic = Traffic(split, server.url, log, _now_ms())
        labels = Labels(_open(settings, _labels(model), stack), traffic)
        while not stop.wait(max(0.0, (traffic.time_ms(traffic.sent) - _now_ms()) / 1000)):
            moved = traffic.sent * STEP_MS // 1000 // QUIET_S % 2 == 1
            records = draw_traffic(split, BATCH, moved, rng)
            labels.note(records)
            for _ in traffic.send(records):
                labels.tell(_now_ms())


def _open(settings: Settings, topic: str, stack: ExitStack) -> KafkaLog:
    log = KafkaLog(_brokers(settings), topic)
    stack.callback(log.close)
    return log


def _brokers(settings: Settings) -> Sequence[str]:
    assert settings.source.kafka is not None, "the staged demo reads from Kafka"
    return settings.source.kafka.bootstrap_servers


def _topics(settings: Settings) -> list[str]:
    """Return every topic that the configuration names."""
    model = settings.models[NAME]
    events = [each.kafka.topic for each in settings.triggers.values() if each.kafka is not None]
    return [_predictions(model), _labels(model), *events]


def _predictions(model: ModelConfig) -> str:
    return model.records.topics[0]


def _labels(model: ModelConfig) -> str:
    assert model.label_topic is not None, "the demo's labels have a topic of their own"
    return model.label_topic


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    stage()
