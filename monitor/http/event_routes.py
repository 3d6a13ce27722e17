"""The API of events: which there were, one of them, and the result that one led to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor import event_types as types
from monitor.event_documents import event_document, events_document
from monitor.events.result import Result
from monitor.events.stored import Stored
from monitor.http.body import read_body
from monitor.http.token import require_token
from monitor.plain_values import plain_time
from monitor.view import Board

MOST_BODY_BYTES = 64_000
"""Of a result: a summary and figures; what is longer belongs to its report."""


class EventHistory(Protocol):
    """Where events and their results are kept."""

    def events(
        self, model: str | None, open: bool | None, before: str | None, most: int
    ) -> list[Stored]:
        """Return events, the newest first; KeyError where ``before`` is not known."""
        ...

    def event(self, id: str) -> Stored | None:
        """Return one event, None where it is not known."""
        ...

    def add_result(self, result: Result) -> None:
        """Keep a result; KeyError where its event is not known."""
        ...


class NoEventHistory:
    """The history of a daemon that stores no events."""

    def events(
        self,
        model: str | None,  # noqa: ARG002
        open: bool | None,  # noqa: ARG002
        before: str | None,  # noqa: ARG002
        most: int,  # noqa: ARG002
    ) -> list[Stored]:
        """Return none."""
        return []

    def event(self, id: str) -> Stored | None:  # noqa: ARG002
        """Return none."""
        return None

    def add_result(self, result: Result) -> None:
        """Refuse it, as its event is not known."""
        raise KeyError(result.event)


@dataclass(frozen=True, slots=True)
class EventCalls:
    """What the API of events calls.

    token_file: of the token that a posted result must bear; without one all are refused.
    clock_ms: tells unix time.
    """

    history: EventHistory
    token_file: Path | None
    clock_ms: Callable[[], int]


NO_EVENTS = EventCalls(history=NoEventHistory(), token_file=None, clock_ms=lambda: 0)


def event_routes(board: Board, calls: EventCalls) -> list[Route]:
    """Return the routes."""

    def several(request: Request) -> Response:
        query = read_query(list(request.query_params.multi_items()))
        _require_known(board, query.model)
        try:
            found = calls.history.events(query.model, query.open, query.before, query.limit + 1)
        except KeyError:
            raise HTTPException(
                400, f"before: no event has the id {query.before!r}; leave it out to begin anew"
            ) from None
        return _json(events_document(found, query.limit))

    def one(request: Request) -> Response:
        return _json(event_document(_find(calls.history, request.path_params["id"])))

    async def add_result(request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        await run_in_threadpool(require_token, calls.token_file, given)
        body = await read_body(request, MOST_BODY_BYTES)
        return await run_in_threadpool(_add_result, calls, request.path_params["id"], body)

    return [
        Route("/api/v1/events", several, methods=["GET"]),
        Route("/api/v1/events/{id}", one, methods=["GET"]),
        Route("/api/v1/events/{id}/result", add_result, methods=["POST"]),
    ]


def read_query(parameters: Sequence[tuple[str, str]]) -> types.EventQuery:
    """Return what the parameters of a URL ask for; a 400 names the one that is wrong."""
    try:
        return msgspec.convert(dict(parameters), type=types.EventQuery, strict=False)
    except msgspec.ValidationError as error:
        raise HTTPException(
            400,
            f"a parameter is not as described: {error}; such as "
            f"?model=credit&open=true&limit=20, with limit up to {types.MOST_EVENTS}",
        ) from error


def read_finding(body: bytes) -> types.Finding:
    """Return the result that a body holds; a 400 names the field that is wrong."""
    try:
        return msgspec.json.decode(body, type=types.Finding)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(
            400,
            f"the body is not as described: {error}; such as "
            '{"verdict": "retrain", "summary": "...", "report": "https://...", '
            '"figures": {"live_accuracy": 0.81}}',
        ) from error


def _add_result(calls: EventCalls, id: str, body: bytes) -> Response:
    finding = read_finding(body)
    received = plain_time(calls.clock_ms())
    assert received is not None, "the clock told a time"
    result = Result(
        event=id,
        model=_find(calls.history, id).event.data.model,
        received=received,
        verdict=finding.verdict,
        summary=finding.summary,
        report=finding.report,
        figures=finding.figures,
    )
    try:
        calls.history.add_result(result)
    except KeyError:  # pruned a moment ago
        raise _unknown(id) from None
    return _json(result, 201, {"Location": f"/api/v1/events/{id}"})


def _find(history: EventHistory, id: str) -> Stored:
    found = history.event(id)
    if found is None:
        raise _unknown(id)
    return found


def _unknown(id: str) -> HTTPException:
    return HTTPException(404, f"no event has the id {id!r}; see /api/v1/events for those that are")


def _require_known(board: Board, model: str | None) -> None:
    view = board.read()
    told = [name for name, _ in view.events.counts]  # also of models that are no longer configured
    known = dict.fromkeys([*(each.name for each in view.models), *told])
    if model is not None and model not in known:
        raise HTTPException(404, f"no model is named {model!r}; there are: {', '.join(known)}")


def _json(document: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(document)
    return Response(body, status, headers, media_type="application/json")
