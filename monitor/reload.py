"""Reading the configuration again while the daemon runs, and handing it over to the pipeline."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog

from monitor.config import ConfigError, ModelConfig, Settings
from monitor.config.load import pack
from monitor.http.meters import Meters
from monitor.reference.file import Reference

log = structlog.get_logger()

STOPPING = "the daemon is stopping"


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a daemon works by: its settings and the reference of each model."""

    settings: Settings
    references: Mapping[str, Reference]

    def same_as(self, other: "Configuration") -> bool:
        """Tell whether there is nothing in which the two differ."""
        digests = {name: each.digest for name, each in self.references.items()}
        others = {name: each.digest for name, each in other.references.items()}
        return digests == others and pack(self.settings) == pack(other.settings)


@dataclass(frozen=True, slots=True)
class Offer:
    """A configuration that the pipeline is to take; its answer is why it did not, or ""."""

    configuration: Configuration
    answer: "Future[str]"


class Reloads:
    """Asks to read the configuration again, which come from any thread, and their outcome.

    A thread reads and checks, while the pipeline goes on; what is right is offered to the
    pipeline, which takes it between two batches. path: of the configuration.
    """

    def __init__(
        self, path: Path, read: Callable[[Path], tuple[Settings, dict[str, Reference]]]
    ) -> None:
        """Take where the configuration lies and what reads it, with its references.

        read: raises ConfigError where something is wrong. Asks that come before start() wait.
        """
        self.path = path
        self._read = read
        # Unlike other queues, this one can be put to by a signal that interrupts a put.
        self._asks: queue.SimpleQueue[Future[str]] = queue.SimpleQueue()
        self._offer: Offer | None = None
        self._stopping = self._ended = False
        self._thread = threading.Thread(target=self._loop, name="reload", daemon=True)

    def start(self, current: Configuration, meters: Meters) -> None:
        """Begin to serve asks; current: what is in force, to compare with."""
        self._current, self._meters = current, meters
        self._thread.start()

    def stop(self) -> None:
        """Answer those who wait that nothing was taken."""
        self._stopping = True
        self.request()
        if self._offer is not None:
            self.settle(self._offer, STOPPING)
        self._thread.join()

    def request(self) -> "Future[str]":
        """Ask without waiting; the result is why nothing was taken, "" where all is in force."""
        ask: Future[str] = Future()
        self._asks.put(ask)
        if self._ended:
            self._answer_stopping()
        return ask

    def ask(self) -> str:
        """Ask and wait; return why nothing was taken, "" where all is in force."""
        return self.request().result()

    def offered(self) -> Offer | None:
        """Return what the pipeline is to take now."""
        return self._offer

    def settle(self, offer: Offer, problem: str) -> None:
        """Tell that the pipeline took an offer, or why it did not."""
        self._offer = None
        with suppress(Exception):  # settled already, by an end at the same moment
            offer.answer.set_result(problem)

    def _loop(self) -> None:
        while True:
            asks = [self._asks.get(), *_drained(self._asks)]
            problem = STOPPING if self._stopping else self._reload()
            for ask in asks:
                ask.set_result(problem)
            if self._stopping:
                self._ended = True
                self._answer_stopping()
                return

    def _answer_stopping(self) -> None:
        for ask in _drained(self._asks):
            ask.set_result(STOPPING)

    def _reload(self) -> str:
        try:
            problem = self._take(Configuration(*self._read(self.path)))
        except ConfigError as error:
            problem = str(error)
        except Exception as error:  # whatever it is, the old configuration stays in force
            problem = f"{self.path} could not be read: {error!r}"
        if problem:
            self._meters.configuration_refused()
            log.error("reload_refused", file=str(self.path), problem=problem)
        else:
            self._meters.configuration_taken(time.time())
            log.info("reloaded", file=str(self.path))
        return problem

    def _take(self, new: Configuration) -> str:
        """Have the pipeline take a configuration; return why it cannot, or ""."""
        clashes = list(clashes_with(self._current.settings, new.settings))
        if clashes:
            raise ConfigError(self.path, clashes)
        if new.same_as(self._current):
            return ""
        offer = Offer(new, Future())
        self._offer = offer
        problem = STOPPING if self._stopping else offer.answer.result()
        if not problem:
            self._current = new
        return problem


def clashes_with(old: Settings, new: Settings) -> Iterator[str]:
    """Yield what of a new configuration cannot follow the old one without a restart."""
    restart = "restart driftd for it, or change it back"
    if old.listen != new.listen:
        yield f"listen: is {new.listen} now, and driftd listens on {old.listen}; {restart}"
    if old.state != new.state:
        yield f"state: is {new.state} now, and driftd holds {old.state}; {restart}"
    if old.web_config != new.web_config:
        yield f"web_config: is {new.web_config} now, and was {old.web_config}; {restart}"
    kept = old.models.keys() & new.models.keys()
    if not kept:
        yield (
            f"models: none of those that are watched ({', '.join(old.models)}) is left; start "
            "driftd anew with another state folder"
        )
    for name in sorted(kept):
        for what in _other_records(old.models[name], new.models[name]):
            yield (
                f"models.{name}: {what} changed, and the state goes with the old; give the model "
                "another name, or start driftd anew with another state folder"
            )


def _other_records(old: ModelConfig, new: ModelConfig) -> Iterator[str]:
    if old.schema.digest != new.schema.digest:
        yield "the schema of its records"
    if (old.grid.block, old.grid.by_rows) != (new.grid.block, new.grid.by_rows):
        yield "the length of its blocks"


def _drained(asks: "queue.SimpleQueue[Future[str]]") -> Iterator["Future[str]"]:
    """Yield all that wait: one reading serves them."""
    with suppress(queue.Empty):
        while True:
            yield asks.get_nowait()
