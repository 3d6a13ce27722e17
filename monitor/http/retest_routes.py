"""The API of re-tests: their history, one run, and running one now."""

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

from monitor import retest_types as types
from monitor.http.body import read_body
from monitor.http.token import require_token
from monitor.retest.result import Run
from monitor.retest_documents import retest_names, run_document, runs_document
from monitor.view import Board, ModelView

MOST_RUNS = 200
"""Runs that the history of a model tells; the state folder has all."""

MOST_BODY_BYTES = 10_000


class History(Protocol):
    """Where runs are kept."""

    def runs(self, model: str) -> Sequence[Run]:
        """Return the runs of a model, the newest first."""
        ...


class NoHistory:
    """The history of a daemon without re-tests."""

    def runs(self, model: str) -> Sequence[Run]:  # noqa: ARG002
        """Return none."""
        return ()


@dataclass(frozen=True, slots=True)
class RetestCalls:
    """What the API of re-tests calls.

    start: begins a re-test of a model, both by name; tells whether it did, which it does not
    where one of the model's runs already. token_file: of the token that a call to start must bear;
    without one all are refused.
    """

    history: History
    start: Callable[[str, str], bool]
    token_file: Path | None


NO_CALLS = RetestCalls(history=NoHistory(), start=lambda _model, _retest: False, token_file=None)


def retest_routes(board: Board, calls: RetestCalls) -> list[Route]:
    """Return the routes, which go before those of models: these take any path."""

    def history(request: Request) -> Response:
        model = find_model(board, request.path_params["model"])
        runs = calls.history.runs(model.name)[:MOST_RUNS]
        return _json(runs_document(model.name, model.retests, runs))

    def one(request: Request) -> Response:
        model = find_model(board, request.path_params["model"])
        wanted = request.path_params["run"]
        if model.retests.running is not None and model.retests.running.id == wanted:
            return _json(run_document(model.retests.running))
        for run in calls.history.runs(model.name):
            if run.id == wanted:
                return _json(run_document(run))
        raise HTTPException(404, f"model {model.name} has no run {wanted!r}; see its history")

    async def begin(request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        await run_in_threadpool(require_token, calls.token_file, given)
        model = find_model(board, request.path_params["model"])
        retest = choose_retest(model, await read_body(request, MOST_BODY_BYTES))
        if not await run_in_threadpool(calls.start, model.name, retest):
            raise HTTPException(
                409, f"a re-test of model {model.name} runs already; ask again when it has ended"
            )
        place = request.url.path
        asked = types.Asked(model=model.name, retest=retest, runs=place)
        return _json(msgspec.to_builtins(asked), 202, {"Location": place})

    path = "/api/v1/models/{model:path}/retests"
    return [
        Route(path, history, methods=["GET"]),
        Route(path, begin, methods=["POST"]),
        Route(path + "/{run}", one, methods=["GET"]),
    ]


def find_model(board: Board, name: str) -> ModelView:
    """Return the view of a model; a 404 names those that there are."""
    known = {each.name: each for each in board.read().models}
    if name not in known:
        raise HTTPException(404, f"no model is named {name!r}; there are: {', '.join(known)}")
    return known[name]


def choose_retest(model: ModelView, body: bytes) -> str:
    """Return which re-test a call asks for: the one that it names, or the model's only one."""
    try:
        ask = msgspec.json.decode(body or b"{}", type=types.Ask)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(
            400, f'the body is not as described: {error}; such as {{"retest": "nightly"}}'
        ) from error
    names = retest_names(model.retests)
    configured = [name for name in names if name in model.retests.next_ms]
    if not configured:
        raise HTTPException(404, f"model {model.name} has no re-test; configure one in retests")
    if ask.retest is None and len(configured) > 1:
        raise HTTPException(
            400, f'which one? Name it as {{"retest": ...}}: {", ".join(configured)}'
        )
    chosen = ask.retest or configured[0]
    if chosen not in configured:
        raise HTTPException(
            404,
            f"model {model.name} has no re-test {chosen!r}; there are: {', '.join(configured)}",
        )
    return chosen


def _json(document: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    body = msgspec.json.encode(document)
    return Response(body, status, headers, media_type="application/json")
