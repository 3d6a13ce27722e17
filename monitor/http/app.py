"""The HTTP side: metrics, health, API and page, all read from the newest view.

The endpoints are plain functions: Starlette runs them in worker threads, so that a long
scrape does not delay the answer to a health check.
"""

import gzip
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from monitor.documents import model_document, models_document, status_document
from monitor.events.stored import StoreError
from monitor.http.alert_routes import NO_ALERTS, AlertCalls, alert_routes
from monitor.http.event_routes import NO_EVENTS, EventCalls, event_routes
from monitor.http.exposition import CONTENT_TYPE, Exposition
from monitor.http.feature_routes import feature_routes
from monitor.http.openapi import openapi_document
from monitor.http.page import render_page
from monitor.http.problems import apologise, confess, refuse
from monitor.http.reload_routes import NO_RELOAD, ReloadCalls, reload_routes
from monitor.http.retest_routes import NO_CALLS, RetestCalls, find_model, retest_routes
from monitor.http.runbook import runbook_routes
from monitor.view import Board

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Refresh": "15",
}
GZIP_LEVEL = 1
"""Metrics shrink to a ninth at the fastest level, and hardly more at the slowest."""


def build_app(
    board: Board,
    exposition: Exposition,
    retests: RetestCalls = NO_CALLS,
    reloads: ReloadCalls = NO_RELOAD,
    events: EventCalls = NO_EVENTS,
    alerts: AlertCalls = NO_ALERTS,
) -> Starlette:
    """Return the application that answers from what ``board`` holds at each request.

    retests, reloads, events, alerts: what the API of each calls.
    """

    def metrics(request: Request) -> Response:
        text = exposition.render()
        headers = {"Content-Type": CONTENT_TYPE, "Vary": "Accept-Encoding"}
        if accepts_gzip(request.headers.get("Accept-Encoding", "")):
            headers["Content-Encoding"] = "gzip"
            text = gzip.compress(text, GZIP_LEVEL)
        return Response(text, headers=headers)

    def healthy(_: Request) -> Response:
        return PlainTextResponse("driftd is alive\n")

    def ready(_: Request) -> Response:
        reason = board.read().not_ready
        if reason:
            return PlainTextResponse(f"driftd is not ready: {reason}\n", 503)
        return PlainTextResponse("driftd is ready\n")

    def page(_: Request) -> Response:
        return HTMLResponse(render_page(status_document(board.read())), headers=PAGE_HEADERS)

    def status(_: Request) -> Response:
        return _json(status_document(board.read()))

    def models(_: Request) -> Response:
        return _json(models_document(board.read().models))

    def model(request: Request) -> Response:
        return _json(model_document(find_model(board, request.path_params["model"])))

    def openapi(_: Request) -> Response:
        return _json(openapi_document())

    return Starlette(
        routes=[
            Route("/", page),
            *runbook_routes(),
            Route("/metrics", metrics),
            Route("/-/healthy", healthy),
            Route("/-/ready", ready),
            *reload_routes(reloads),
            Route("/api/v1/status", status),
            Route("/api/v1/models", models),
            *feature_routes(board),
            *event_routes(board, events),
            *alert_routes(alerts),
            *retest_routes(board, retests),
            Route("/api/v1/models/{model:path}", model),
            Route("/api/v1/openapi.json", openapi),
        ],
        exception_handlers={HTTPException: refuse, StoreError: apologise, Exception: confess},
    )


def accepts_gzip(accept_encoding: str) -> bool:
    """Tell whether an Accept-Encoding header names gzip, and not with a weight of 0.

    >>> accepts_gzip("deflate, gzip;q=0.5"), accepts_gzip("gzip;q=0"), accepts_gzip("")
    (True, False, False)
    """
    for coding in accept_encoding.lower().split(","):
        name, *parameters = (part.strip() for part in coding.split(";"))
        if name == "gzip":
            return not any(each.rstrip("0") in ("q=", "q=0.") for each in parameters)
    return False


def _json(document: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(document), media_type="application/json")
