"""Errors of the HTTP side as problem details (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"


async def refuse(request: Request, error: Exception) -> Response:
    """Answer a request that cannot be served: no such page, no such model, wrong method."""
    assert isinstance(error, HTTPException), "registered for HTTPException only"
    status = HTTPStatus(error.status_code)
    # Starlette's own errors say no more than their title: which path it was is worth a word.
    detail = error.detail
    if detail == status.phrase:
        detail = f"{request.method} {request.url.path} is not served here; see / for what is"
    return problem(status, detail, error.headers)


async def apologise(_: Request, error: Exception) -> Response:
    """Answer a request that may be served later: the disk is full, or driftd stops."""
    return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(error))


async def confess(request: Request, _: Exception) -> Response:
    """Answer a request that failed because of an error in driftd; the log has its traceback."""
    detail = f"{request.method} {request.url.path} failed; the log of driftd says why"
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail)


def problem(status: HTTPStatus, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that tells why a request was not served."""
    document = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "detail": detail,
    }
    return JSONResponse(document, int(status), headers, media_type=MEDIA_TYPE)
