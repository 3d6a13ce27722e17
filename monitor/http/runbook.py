"""The runbook that alerts and events link to."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from monitor.rules.runbook import runbook_page

HEADERS = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


def runbook_routes() -> list[Route]:
    """Return the route of the runbook."""

    def runbook(_: Request) -> Response:
        return HTMLResponse(runbook_page(), headers=HEADERS)

    return [Route("/runbook", runbook)]
