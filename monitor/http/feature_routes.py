"""The API of one feature: its distribution in the reference and now."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.feature_documents import feature_detail
from monitor.http.retest_routes import find_model
from monitor.view import Board, ModelView

MOST_NAMED = 20


def feature_routes(board: Board) -> list[Route]:
    """Return the routes, which go before those of models: these take any path."""

    def feature(request: Request) -> Response:
        model = find_model(board, request.path_params["model"])
        name = request.path_params["feature"]
        try:
            document = feature_detail(model, name)
        except KeyError:
            raise HTTPException(404, _unknown(model, name)) from None
        return Response(msgspec.json.encode(document), media_type="application/json")

    return [Route("/api/v1/models/{model}/features/{feature:path}", feature)]


def _unknown(model: ModelView, name: str) -> str:
    if not model.streams:
        return f"model {model.name} has closed no block yet; ask again when it has"
    known = [entry for entry in model.streams[0].entries if entry]
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    named = ", ".join(known[:MOST_NAMED])
    return f"model {model.name} has no feature {name!r}; there are: {named}{more}"
