"""The receiver of Alertmanager's webhook: alerts that start a re-test or a rebuild."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.alerts.ledger import Action
from monitor.alerts.notification import AlertAnswers, Notification
from monitor.http.body import read_body
from monitor.http.token import require_token

MOST_BODY_BYTES = 4_000_000
"""A notification of some thousand alerts; Alertmanager's max_alerts bounds them."""

MOST_ACTIONS = 200


class Actions(msgspec.Struct, frozen=True):
    """What alerts started, the newest first."""

    actions: list[Action]


@dataclass(frozen=True, slots=True)
class AlertCalls:
    """What the receiver calls; None in its place where no alert is configured to start anything.

    receive: notes what the alerts ask for, or raises OSError. actions: what was started, the
    newest first. token_file: of the token that a notification must bear; without one all are
    refused.
    """

    receive: Callable[[Notification], AlertAnswers] | None
    actions: Callable[[], Sequence[Action]]
    token_file: Path | None


NO_ALERTS = AlertCalls(receive=None, actions=lambda: (), token_file=None)


def alert_routes(calls: AlertCalls) -> list[Route]:
    """Return the routes."""

    async def receive(request: Request) -> Response:
        given = request.headers.get("Authorization", "")
        await run_in_threadpool(require_token, calls.token_file, given)
        if calls.receive is None:
            raise HTTPException(403, "alerts start nothing here; say what they do in 'alerts'")
        notification = read_notification(await read_body(request, MOST_BODY_BYTES))
        try:
            answers = await run_in_threadpool(calls.receive, notification)
        except OSError as error:
            # Alertmanager sends again what is answered so.
            raise HTTPException(503, f"the alerts could not be stored: {error}") from error
        return Response(msgspec.json.encode(answers), media_type="application/json")

    def actions(_: Request) -> Response:
        known = Actions(list(calls.actions()[:MOST_ACTIONS]))
        return Response(msgspec.json.encode(known), media_type="application/json")

    return [
        Route("/api/v1/alerts", actions, methods=["GET"]),
        Route("/api/v1/alerts", receive, methods=["POST"]),
    ]


def read_notification(body: bytes) -> Notification:
    """Return the notification that a body holds; a 400 names the field that is wrong."""
    try:
        return msgspec.json.decode(body, type=Notification)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(
            400, f"the body is not what Alertmanager posts to a webhook (version 4): {error}"
        ) from error
