"""Posting a result back to driftd."""

import httpx
import stamina
import structlog

from reevaluate.report import Report
from reevaluate.settings import DriftdSettings

log = structlog.get_logger()

TIMEOUT_S = 10.0
LONGEST_S = 24 * 3600.0
FIRST_S, MOST_S = 0.5, 300.0
IN_VAIN = (400, 404, 413)
"""Answers that the same result always gets."""


class RefusedError(Exception):
    """driftd does not take the result; the message says why."""


def post_result(report: Report, link: str, driftd: DriftdSettings) -> None:
    """Post a result, again and again for a day where it is not taken.

    link: to the report, "" for none. The token is read at each attempt. Raises RefusedError for an
    answer that will not change, and httpx.HTTPError after the last attempt.
    """
    body = {
        "verdict": report.verdict,
        "summary": report.summary,
        "report": link,
        "figures": report.figures,
    }
    url = f"{driftd.url.rstrip('/')}/api/v1/events/{report.event.id}/result"
    for attempt in stamina.retry_context(
        on=_noted, attempts=None, timeout=LONGEST_S, wait_initial=FIRST_S, wait_max=MOST_S
    ):
        with attempt:
            token = driftd.token_file.read_text().strip()
            answer = httpx.post(
                url,
                json=body,
                headers={"Authorization": f"Bearer {token}"},
                timeout=TIMEOUT_S,
                trust_env=False,
            )
            if answer.status_code in IN_VAIN:
                raise RefusedError(f"{url} answered {answer.status_code}: {answer.text[:500]}")
            answer.raise_for_status()


def _noted(error: Exception) -> bool:
    again = isinstance(error, (httpx.HTTPError, OSError))
    if again:
        log.warning("result_not_taken", error=str(error))
    return again
