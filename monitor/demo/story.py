"""The demo: a real model, its live traffic with a real shift halfway, and driftd watching."""

import random
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from monitor import daemon
from monitor.config import Settings, load
from monitor.demo.data import SEED, Split, draw_traffic, load_segments
from monitor.demo.files import LABEL, write_evaluation, write_training
from monitor.demo.model import NAME, Classifier, model_server
from monitor.demo.retest import BATCH, REQUIRED, RETEST, show_retest
from monitor.demo.traffic import STEP_MS, TOPIC, FileLog, KafkaLog, Traffic, create_topic
from monitor.http.app_thread import AppThread
from monitor.reference.build import build_reference
from monitor.reference.file import Reference, write_reference

RECORDS = 12_000
BUDGET = {"pages": 1, "per": "30d"}
WAIT_S = 30
SHOWN = 10
MINUTE_MS = 60_000
SCRAPED = ("driftd_evidence{", "driftd_evidence_threshold{", "driftd_alarm_active{")
"""How the lines of the scrape begin that are shown."""


@dataclass(slots=True)
class Watcher:
    """The daemon in a thread of its own, as the demo sees it: an address and its answers."""

    settings: Settings
    references: Mapping[str, Reference]
    stop: threading.Event = field(default_factory=threading.Event)
    address: str = ""
    error: Exception | None = None
    _listening: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the daemon and wait until it listens."""
        self._thread = threading.Thread(target=self._run, name="driftd", daemon=True)
        self._thread.start()
        self._listening.wait(WAIT_S)
        if self.error is not None:
            raise self.error

    def finish(self) -> None:
        """Stop the daemon and wait until it has stored its state."""
        self.stop.set()
        if self._thread is not None:
            self._thread.join(WAIT_S)

    def model(self) -> dict[str, Any]:
        """Return what /api/v1/models/segments says now."""
        answer: dict[str, Any] = httpx.get(f"{self.address}/api/v1/models/{NAME}").json()
        return answer

    def stream(self) -> dict[str, Any]:
        """Return what it says of the model's one stream."""
        stream: dict[str, Any] = self.model()["streams"][0]
        return stream

    def records(self) -> int:
        """Return how many records lie in closed blocks."""
        return sum(stream["records"] for stream in self.model()["streams"])

    def _run(self) -> None:
        try:
            daemon.run(self.settings, self.references, False, self.stop, self._heard)
        except Exception as error:  # the demo's own thread raises it again
            self.error = error
        finally:
            self._listening.set()

    def _heard(self, address: str) -> None:
        self.address = address
        self._listening.set()


def tell(folder: Path, kafka: str | None, serve: bool, console: Console) -> None:
    """Run the demo in an empty folder.

    kafka: a broker to use in place of the file log. serve: keep serving until interrupted.
    Raises what the daemon raises, and httpx.HTTPError if the model's server fails.
    """
    rng = random.Random(SEED)
    split = load_segments(rng)
    classifier = Classifier(split)
    console.print(
        f"[bold]1[/] trained a model on {len(split.training):,} real image segments "
        f"({len(split.features)} measurements, {len(split.classes)} classes); "
        f"accuracy on the others {classifier.accuracy(split.live):.0%}"
    )
    # From the start of a minute, so that every run cuts the same records into the same blocks.
    ended_ms = int(time.time() * 1000) // MINUTE_MS * MINUTE_MS - MINUTE_MS
    start_ms = ended_ms - RECORDS * STEP_MS
    topic = TOPIC if kafka is None else f"{TOPIC}.{start_ms}"
    with ExitStack() as stack:
        server = AppThread("127.0.0.1:0", model_server(classifier, len(split.features)))
        server.start()
        stack.callback(server.stop)
        settings = _configure(folder, split, kafka, topic, server.url)
        reference = _build_reference(settings, folder, split, classifier)
        console.print("[bold]2[/] built its reference: bins, levels and kernel, frozen in one file")
        log = FileLog(folder / "log") if kafka is None else _new_topic(kafka, topic)
        stack.callback(log.close)
        traffic = Traffic(split, server.url, log, start_ms)
        watcher = Watcher(settings, {NAME: reference})
        stack.callback(watcher.finish)
        watcher.start()
        console.print(
            f"[bold]3[/] driftd is watching: {watcher.address}/metrics; its budget is "
            f"{BUDGET['pages']} false page in {BUDGET['per']}"
        )
        _live(traffic, watcher, rng, console)
        _report(watcher, start_ms + RECORDS // 2 * STEP_MS, console)
        show_retest(settings, reference, console)
        if serve:
            console.print(f"serving {watcher.address} until you press Ctrl-C; files: {folder}")
            while not watcher.stop.wait(1):
                pass


def _configure(folder: Path, split: Split, kafka: str | None, topic: str, url: str) -> Settings:
    source: dict[str, Any] = {"files": {"folder": "log"}}
    if kafka is not None:
        source = {"kafka": {"bootstrap_servers": [kafka], "group": "driftd-demo"}}
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "log": {"level": "warning"},
        "source": source,
        "models": {
            NAME: {
                "reference": "segments.ref",
                "records": {
                    "topics": [topic],
                    "id": "id",
                    "time": {"field": "ts", "unit": "ms"},
                    "version": "model_version",
                    "features_under": "features",
                    "prediction": {
                        "field": "probabilities",
                        "kind": "probabilities",
                        "classes": list(split.classes),
                    },
                },
                "features": dict.fromkeys(split.features, "numeric"),
                "idle_after": "1s",
                "windows": ["block", "10m"],
                "budget": BUDGET,
                # The records are drawn one by one: there is no season and no memory to learn.
                "warm_up": "0s",
                "evaluation": {"data": "evaluation.jsonl", "label": LABEL},
                "endpoint": {"protocol": "v2", "url": url, "batch": BATCH},
                "retests": {RETEST: REQUIRED},
            }
        },
    }
    write_evaluation(folder / "evaluation.jsonl", split)
    (folder / "log").mkdir()
    path = folder / "driftd.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return load(path)


def _build_reference(
    settings: Settings, folder: Path, split: Split, classifier: Classifier
) -> Reference:
    """Profile the training half with the model's own answers."""
    data = folder / "training.jsonl"
    write_training(data, split, classifier)
    model = settings.models[NAME]
    return write_reference(model.reference, build_reference(model.schema, [data]))


def _new_topic(kafka: str, topic: str) -> KafkaLog:
    create_topic([kafka], topic)
    return KafkaLog([kafka], topic)


def _live(traffic: Traffic, watcher: Watcher, rng: random.Random, console: Console) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        sending = progress.add_task("traffic as in training", total=RECORDS)
        watching = progress.add_task("records in closed blocks", total=RECORDS)
        for moved in (False, True):
            if moved:
                progress.update(sending, description="the camera moved to the countryside")
            for count in traffic.send(draw_traffic(traffic.split, RECORDS // 2, moved, rng)):
                progress.advance(sending, count)
                progress.update(watching, completed=watcher.records())
            _wait_for(traffic.sent, watcher, progress, watching)
            if not moved:
                told = _alarm_in_words(watcher.stream())
                progress.console.print(f"[bold]4[/] before the shift: {told}")


def _wait_for(records: int, watcher: Watcher, progress: Progress, task: Any) -> None:
    """Wait until so many records lie in closed blocks."""
    deadline = time.monotonic() + WAIT_S
    while watcher.records() < records and time.monotonic() < deadline:
        time.sleep(0.1)
    progress.update(task, completed=watcher.records())


def _alarm_in_words(stream: Mapping[str, Any]) -> str:
    alarm = stream["alarm"]["severity"]
    if alarm is not None:
        return f"a {alarm}"
    return f"no alarm (evidence {100 * stream['evidence']['share_of_page']:.0f} % of a page)"


def _report(watcher: Watcher, shift_ms: int, console: Console) -> None:
    stream = watcher.stream()
    told = _alarm_in_words(stream)
    if since := stream["alarm"]["since"]:
        after_ms = int(datetime.fromisoformat(since).timestamp() * 1000) - shift_ms
        blocks = after_ms // MINUTE_MS
        told += (
            f", raised {after_ms // STEP_MS:,} records "
            f"({blocks} {'block' if blocks == 1 else 'blocks'} of a minute) after it"
        )
    console.print(
        f"[bold]5[/] after the shift: {told}; "
        f"{len(stream['drifted'])} of {len(stream['features'])} features drifted"
    )
    for each in stream["drifted"][:SHOWN]:
        effect = f"{each['kind']} {each['effect_sd']:+.2f} sd"
        console.print(f"  [bold]{each['feature']}[/]: {each['words']} [dim]({effect})[/]")
    if len(stream["drifted"]) > SHOWN:
        console.print(f"  [dim]and {len(stream['drifted']) - SHOWN} more[/]")
    _tell_event(watcher, console)
    console.print("[bold]7[/] as Prometheus scrapes it:")
    for line in httpx.get(f"{watcher.address}/metrics").text.splitlines():
        if line.startswith(SCRAPED):
            console.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)


def _tell_event(watcher: Watcher, console: Console) -> None:
    newest = httpx.get(f"{watcher.address}/api/v1/events").json()["events"][0]["event"]
    told = newest["data"]
    console.print("[bold]6[/] told as one event, which a trigger would send to your pipeline:")
    console.print(f"  {newest['type']} {newest['id']}: {told['summary']}", highlight=False)
    for each in told["records"]:
        console.print(
            f"  its records: topic {each['topic']}, partition {each['partition']}, offsets "
            f"{each['first_offset']} to {each['last_offset']}, {told['window']['from']} to "
            f"{told['window']['to']}",
            highlight=False,
        )
