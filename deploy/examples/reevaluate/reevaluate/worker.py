"""The work behind the webhook: each case is evaluated, reported and posted, whatever ends it."""

import threading
from queue import SimpleQueue

import httpx
import msgspec
import stamina
import structlog
from kafka.errors import KafkaError

from monitor.events.event import OPENING, PREFIX
from monitor.events.routing import SPREADING
from reevaluate.evaluate import broken, evaluate
from reevaluate.inbox import Case
from reevaluate.page import render_page
from reevaluate.posting import RefusedError, post_result
from reevaluate.receiver import HTML, JSON
from reevaluate.report import Report
from reevaluate.settings import Settings

log = structlog.get_logger()

AT_ONCE = 4
"""Cases under way; most of their time they wait for labels."""

LONGEST_S = 24 * 3600.0
FIRST_S, MOST_S = 1.0, 300.0


def _noted(error: Exception) -> bool:
    again = isinstance(error, (KafkaError, OSError))
    if again:
        log.warning("evaluation_interrupted", error=str(error) or type(error).__name__)
    return again


class Worker:
    """Works on cases beside HTTP. What a case has done is on disk, so that it can be taken up."""

    def __init__(self, settings: Settings) -> None:
        """Start; its threads end with the process, at whatever they are."""
        self._settings = settings
        self._queue: SimpleQueue[Case] = SimpleQueue()
        for _ in range(AT_ONCE):
            threading.Thread(target=self._work_on, name="case", daemon=True).start()

    def begin(self, case: Case) -> None:
        """Work on a case, after those that were begun before."""
        self._queue.put(case)

    def _work_on(self) -> None:
        while True:
            self._work(self._queue.get())

    def _work(self, case: Case) -> None:
        told = log.bind(event_id=case.id)
        try:
            skipped = why_skipped(case, self._settings)
            if skipped:
                told.info("skipped", why=skipped)
                case.finish(skipped)
                return
            told.info("begun")
            report = self._reported(case)
            told.info("judged", verdict=str(report.verdict), why=report.why)
            post_result(report, self._link(case), self._settings.driftd)
            case.finish("posted")
            told.info("posted")
        except RefusedError as error:
            told.error("result_refused", error=str(error))
            case.finish(f"refused: {error}")
        except (httpx.HTTPError, OSError) as error:
            told.error("result_not_posted", error=str(error), mend="restart to try again")
        except Exception:
            told.exception("case_failed", mend="restart to try again")

    def _reported(self, case: Case) -> Report:
        """Return the report of a case, of this run or of one before a restart."""
        kept = case.read(JSON)
        if kept is not None:
            return msgspec.json.decode(kept, type=Report)
        report = self._evaluated(case)
        case.write(HTML, render_page(report).encode())
        case.write(JSON, msgspec.json.encode(report))
        return report

    def _evaluated(self, case: Case) -> Report:
        try:
            return self._tried(case)
        except Exception as error:
            log.exception("evaluation_failed", event_id=case.id)
            why = f"the re-evaluation ended with {type(error).__name__}: {error}"
            return broken(case, why)

    @stamina.retry(
        on=_noted, attempts=None, timeout=LONGEST_S, wait_initial=FIRST_S, wait_max=MOST_S
    )
    def _tried(self, case: Case) -> Report:
        return evaluate(case, self._settings)

    def _link(self, case: Case) -> str:
        url = self._settings.public_url
        return "" if url is None else f"{url.rstrip('/')}/reports/{case.id}"


def why_skipped(case: Case, settings: Settings) -> str:
    """Return why an event starts no re-evaluation, "" where it does."""
    event = case.event
    if event.data.test:
        return "a test event: nothing happened"
    if event.type.removeprefix(PREFIX) not in OPENING.union(SPREADING):
        return f"{event.type} tells of nothing that is wrong"
    if event.data.model not in settings.models:
        return f"model {event.data.model} is not configured here"
    return ""
