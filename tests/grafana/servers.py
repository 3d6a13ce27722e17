"""The servers beside the daemon: the model's endpoint, and a receiver of triggers."""

import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.parts.tested_service import Trained


def model_endpoint(model: Trained) -> Starlette:
    """Return an app that serves the model: objects of features in, probabilities out."""

    async def alive(_: Request) -> Response:
        return Response()

    async def answer(request: Request) -> Response:
        try:
            records = (await request.json())["records"]
            rows = np.array([[each[name] for name in model.features] for each in records])
            return JSONResponse({"answers": model.probabilities(rows.astype(float)).tolist()})
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return Starlette(routes=[Route("/", alive), Route("/", answer, methods=["POST"])])


def receiver_of_events() -> Starlette:
    """Return a receiver of triggers that takes what comes to /taken, and is busy otherwise."""

    async def taken(_: Request) -> Response:
        return Response()

    async def busy(_: Request) -> Response:
        return Response(status_code=503)

    return Starlette(
        routes=[
            Route("/taken", taken, methods=["POST"]),
            Route("/busy", busy, methods=["POST"]),
        ]
    )
