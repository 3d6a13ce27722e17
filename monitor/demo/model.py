"""The demo's real model: trained on real data, served over HTTP by the Open Inference Protocol."""

from collections.abc import Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from monitor.demo.data import Record, Split

NAME = "segments"
VERSION = "1"


class Classifier:
    """Softmax regression on standardised measurements, trained by river."""

    def __init__(self, split: Split, epochs: int = 3) -> None:
        """Train on the split's first half."""
        from river import linear_model, preprocessing

        self._features = split.features
        self._classes = split.classes
        self._pipeline = preprocessing.StandardScaler() | linear_model.SoftmaxRegression()
        for _ in range(epochs):
            for features, label in split.training:
                self._pipeline.learn_one(features, label)

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[list[float]]:
        """Return each row's probability of every class, in order of the classes."""
        return [self._of_one(dict(zip(self._features, row, strict=True))) for row in rows]

    def accuracy(self, records: Sequence[Record]) -> float:
        """Return the share of records that are classified rightly."""
        right = sum(self._pipeline.predict_one(features) == label for features, label in records)
        return float(right / len(records))

    def _of_one(self, features: dict[str, float]) -> list[float]:
        found = self._pipeline.predict_proba_one(features)
        return [float(found.get(each, 0.0)) for each in self._classes]


def model_server(classifier: Classifier, width: int) -> Starlette:
    """Return an app that serves the model by the Open Inference Protocol."""

    async def infer(request: Request) -> JSONResponse:
        tensor = (await request.json())["inputs"][0]
        flat = tensor["data"]
        rows = [flat[at : at + width] for at in range(0, len(flat), width)]
        answers = classifier.probabilities(rows)
        output: dict[str, Any] = {
            "name": "probabilities",
            "datatype": "FP64",
            "shape": [len(answers), len(answers[0])],
            "data": [value for answer in answers for value in answer],
        }
        return JSONResponse({"model_name": NAME, "model_version": VERSION, "outputs": [output]})

    async def ready(_: Request) -> Response:
        return Response()

    async def metadata(_: Request) -> JSONResponse:
        told = {"name": NAME, "versions": [VERSION], "platform": "river"}
        return JSONResponse({**told, "inputs": [], "outputs": []})

    path = f"/v2/models/{NAME}"
    return Starlette(
        routes=[
            Route("/v2/health/ready", ready),
            Route(f"{path}/ready", ready),
            Route(path, metadata),
            Route(f"{path}/infer", infer, methods=["POST"]),
        ]
    )
