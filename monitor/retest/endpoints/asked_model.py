"""A model that is asked about whole tables: batches, attempts, a budget, and what fails."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from detectors.counts import IntArray
from detectors.robustness.answers import Answers
from detectors.robustness.table import Table
from detectors.robustness.threat import BudgetSpentError
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints.attempts import Attempts
from monitor.retest.endpoints.reading import Read, Reader
from monitor.retest.endpoints.wire import Reply, RequestError, Wire
from monitor.retest.model import EndpointError

PROBES = 5
"""Records of a refused batch that are asked about alone, before it is divided."""

MOST_DIVISIONS = 32
"""Requests that look for the records at fault in one batch, before all that is left is failed."""

OUTAGES = 3
"""Batches in a row that met no endpoint, after which it counts as gone."""

Result = TypeVar("Result")


class AskedModel:
    """A LiveModel over a wire.

    Batches are under way at once, in one event loop of its own. A request that fails for the
    server's reasons is sent again; one that fails again, or for its content, is divided until
    the records at fault are alone.
    """

    def __init__(
        self,
        config: EndpointConfig,
        make_wire: Callable[[], Wire],
        reader: Reader,
        queries: int,
        id_start: str,
    ) -> None:
        """Take how its wire is made; queries: records that may be sent; id_start: of requests."""
        self._config = config
        self._make_wire = make_wire
        self._opened: Wire | None = None
        self._reader = reader
        self._id_start = id_start
        self._runner = asyncio.Runner()
        self._at_once = asyncio.Semaphore(1 if config.in_process else config.concurrency)
        self._attempts = Attempts(config.retries, queries, config.max_rate)
        self._requests = 0
        self._outages = 0
        self._width: int | None = None
        self.version = ""

    @property
    def queries(self) -> int:
        """Records sent so far, retries included."""
        return self._attempts.queries

    def open(self) -> None:
        """Make sure that the model is there and ready. Raises EndpointError."""
        self._opened = self._make_wire()
        try:
            self.version = self._run(self._attempts(self._wire.open, 0))
        except RequestError as error:
            raise EndpointError(error.reason, str(error)) from None

    def cast(self, table: Table) -> Table:
        """Return the table as it arrives."""
        return self._wire.cast(table)

    def predict(self, table: Table) -> Answers:
        """Ask for every record; as LiveModel."""
        self._require_left(len(table))
        if not len(table):
            return Answers(np.zeros(0), np.zeros((0, self._width or 0)))
        cast = self._wire.cast(table)
        places = np.arange(len(table))
        batches = [places[at : at + self._config.batch] for at in places[:: self._config.batch]]
        read = self._run(self._all(cast, batches))
        return self._joined(read)

    def spend(self, records: int) -> None:
        """Count records that are sent past it; as LiveModel."""
        self._require_left(records)
        self._attempts.queries += records

    def close(self) -> None:
        """Close the connections and the event loop."""
        if self._opened is not None:
            self._run(self._opened.close())
        self._runner.close()

    def errors(self) -> Mapping[str, int]:
        """Requests that failed so far, by reason."""
        return dict(self._attempts.errors)

    def latencies_s(self) -> list[float]:
        """How long each request took that was answered, in s."""
        return list(self._attempts.latencies_s)

    @property
    def _wire(self) -> Wire:
        if self._opened is None:
            raise RuntimeError("a model is asked before it was opened")
        return self._opened

    def _require_left(self, records: int) -> None:
        most, left = self._attempts.most, self._attempts.most - self.queries
        if records > left:
            raise BudgetSpentError(
                f"{records} records are more than the {left} that may still be sent of {most}; "
                "raise queries"
            )

    def _run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    async def _all(self, table: Table, batches: list[IntArray]) -> list[Read]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._batch(table.take(each))) for each in batches]
        except BaseExceptionGroup as errors:
            gone = errors.subgroup(EndpointError)
            if gone is not None:
                raise _first(gone) from None
            raise
        return [task.result() for task in tasks]

    async def _batch(self, table: Table) -> Read:
        """Ask for a batch, in ever smaller parts where one of its records is at fault."""
        async with self._at_once:
            reasons = np.full(len(table), "", dtype=object)
            done: list[tuple[IntArray, Read]] = []
            waiting = [np.arange(len(table))]
            divisions = 0
            while waiting:
                places = waiting.pop()
                try:
                    done.append((places, await self._part(table.take(places), divisions > 0)))
                except RequestError as error:
                    self._require_no_outage(error)
                    in_vain = error.divide and not divisions and await self._refuses_all(table)
                    if (
                        error.divide
                        and not in_vain
                        and len(places) > 1
                        and divisions < MOST_DIVISIONS
                    ):
                        divisions += 2
                        middle = len(places) // 2
                        waiting += [places[middle:], places[:middle]]
                    else:
                        reasons[places] = error.reason
            return _placed(done, reasons)

    async def _refuses_all(self, table: Table) -> bool:
        """Tell whether even records that lie far apart are refused one by one.

        Then dividing a batch is in vain: what was done to it is at fault, and not a record.
        """
        if len(table) <= 2 * PROBES:
            return False
        for place in np.linspace(0, len(table) - 1, PROBES).astype(np.int64):
            try:
                await self._part(table.take(np.array([place])), True)
            except RequestError as error:
                self._require_no_outage(error)
                if not error.divide:
                    return False
            else:
                return False
        return True

    async def _part(self, table: Table, divided: bool) -> Read:
        # What is left of a divided batch is sent again only to be sure of the record at fault.
        sure = divided and len(table) > 1
        reply = await self._attempts(lambda: self._sent(table), len(table), sure)
        self._outages = 0
        if reply.version and self.version and reply.version != self.version:
            raise EndpointError(
                "version_changed",
                f"the endpoint answered as version {reply.version!r}, and the run began with "
                f"{self.version!r}; run it again",
            )
        self.version = self.version or reply.version
        return self._same_form(self._reader(reply, len(table)))

    def _sent(self, table: Table) -> Awaitable[Reply]:
        self._requests += 1
        return self._wire.ask(table, f"{self._id_start}{self._requests}")

    def _require_no_outage(self, error: RequestError) -> None:
        self._outages = self._outages + 1 if error.outage else 0
        if self._outages >= OUTAGES:
            raise EndpointError(error.reason, f"{OUTAGES} requests in a row failed: {error}")

    def _same_form(self, read: Read) -> Read:
        """Hold an answer to the form of the first one: probabilities, or labels alone."""
        usable = read.reasons == ""
        width = read.chances.shape[1]
        if not usable.any() or width == self._width:
            return read
        if self._width is None:
            self._width = width
            return read
        raise RequestError(
            "schema_changed",
            f"the answer tells {width} probabilities, and told {self._width} before",
        )

    def _joined(self, read: list[Read]) -> Answers:
        reasons: NDArray[np.object_] = np.concatenate([each.reasons for each in read])
        outcome = np.concatenate([each.outcome for each in read])
        chances = np.concatenate([_wide(each, self._width or 0) for each in read])
        return Answers(outcome, chances, dict(Counter(each for each in reasons if each)))


def _placed(done: list[tuple[IntArray, Read]], reasons: NDArray[np.object_]) -> Read:
    """Return the parts of a batch as one; what no part holds is failed for its reason."""
    width = max((read.chances.shape[1] for _, read in done), default=0)
    outcome = np.full(len(reasons), np.nan)
    chances = np.full((len(reasons), width), np.nan)
    for places, read in done:
        outcome[places] = read.outcome
        chances[places] = _wide(read, width)
        reasons[places] = read.reasons
    return Read(outcome, chances, reasons)


def _wide(read: Read, width: int) -> NDArray[np.float64]:
    """Return the probabilities in a width; nan where a part without a usable answer has none."""
    if read.chances.shape[1] == width:
        return read.chances
    return np.full((len(read.outcome), width), np.nan)


def _first(group: BaseExceptionGroup[EndpointError]) -> EndpointError:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
