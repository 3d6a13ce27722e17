"""The HTTP side: the webhook that takes events, and the reports for people."""

from collections.abc import Callable
from pathlib import Path

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from reevaluate.inbox import Case, Inbox

MOST_BYTES = 1_000_000
HTML, JSON = "report.html", "report.json"
MEDIA = {HTML: "text/html; charset=utf-8", JSON: "application/json"}
POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def receiver(inbox: Inbox, secret_file: Path, begin: Callable[[Case], None]) -> Starlette:
    """Return the app: POST /events, GET /reports/ID, GET /reports/ID.json, GET /-/healthy.

    begin: called with each new case, and returns at once. An event is answered 202 once it is on
    disk, a repeat 200; 401 without a valid signature, 400 for what is no event.
    """

    async def take(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse(f"more than {MOST_BYTES:,} bytes are no event", 413)
        problem = await run_in_threadpool(_signature_problem, body, request, secret_file)
        if problem:
            return PlainTextResponse(problem, 401)
        try:
            case, new = await run_in_threadpool(inbox.take, body)
        except ValueError as error:
            return PlainTextResponse(f"the body is no event of driftd: {error}", 400)
        if new:
            begin(case)
        return PlainTextResponse("taken" if new else "known already", 202 if new else 200)

    def show(request: Request) -> Response:
        event_id, name = request.path_params["id"], HTML
        if event_id.endswith(".json"):
            event_id, name = event_id.removesuffix(".json"), JSON
        case = inbox.find(event_id)
        report = None if case is None else case.read(name)
        if report is None:
            return PlainTextResponse(f"there is no report on event {event_id!r} (yet)", 404)
        return Response(report, media_type=MEDIA[name], headers=POLICY)

    def healthy(_: Request) -> Response:
        return PlainTextResponse("ok")

    return Starlette(
        routes=[
            Route("/events", take, methods=["POST"]),
            Route("/reports/{id}", show, methods=["GET"]),
            Route("/-/healthy", healthy, methods=["GET"]),
        ]
    )


async def _body(request: Request) -> bytes | None:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return None
    return body


def _signature_problem(body: bytes, request: Request, secret_file: Path) -> str:
    """Return why a request is not from who knows a secret of the file, "" where it is.

    The file holds one a line. It is read at each request, so that a new one is in force at once.
    Source: Standard Webhooks (github.com/standard-webhooks), signature scheme v1.
    """
    problem = f"{secret_file} holds no secret"
    for secret in secret_file.read_text().split():
        try:
            Webhook(secret).verify(body, dict(request.headers), json_parse=False)
        except (WebhookVerificationError, ValueError) as error:
            problem = f"the webhook's signature does not hold: {error}"
        else:
            return ""
    return problem
