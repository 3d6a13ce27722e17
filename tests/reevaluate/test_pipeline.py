"""The pipeline as a process: what it takes, what outlives a kill, and what it posts back."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.parts.reevaluation import PipelineProcess
from tests.reevaluate.a_service import (
    MINUTE_MS,
    MODEL,
    SECRET,
    TOKEN,
    append,
    body_of,
    configure,
    event,
    model,
    record,
    send,
    serving,
)

RECORDS = 300
WINDOW = (0, MINUTE_MS)
SOON_S = 60


@dataclass
class Driftd:
    """The API that results are posted to; it fails as often as it is told."""

    failures: int = 0
    results: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        async def result(request: Request) -> JSONResponse:
            given = request.headers.get("Authorization", "")
            if self.failures or given != f"Bearer {TOKEN}":
                self.failures -= 1
                self.refused.append(given)
                return JSONResponse({}, 503)
            self.results.append((request.path_params["id"], await request.json()))
            return JSONResponse({}, 201)

        return Starlette(routes=[Route("/api/v1/events/{id}/result", result, methods=["POST"])])


@dataclass
class Setup:
    """A pipeline that is not started yet, and all that it talks to.

    The live model says 1 where a > 0; labels say so where a > 1.
    """

    folder: Path
    driftd: Driftd
    pipeline: PipelineProcess
    values: list[float]
    offsets: list[int]

    def event(self, **changes: Any) -> bytes:
        return body_of(event(self.offsets[0], self.offsets[-1], WINDOW, **changes))

    def send(self, body: bytes) -> httpx.Response:
        return send(f"{self.pipeline.address()}/events", body)

    def change(self, **changes: Any) -> None:
        """Change the pipeline's configuration."""
        document = yaml.safe_load(self.pipeline.config.read_text())
        self.pipeline.config.write_text(yaml.safe_dump({**document, **changes}))

    def tell_labels(self) -> None:
        labels = [
            {"id": f"r{at}", "at": record(at, at, 0)["ts"] + 1, "y": int(a > 1)}
            for at, a in enumerate(self.values)
        ]
        append(self.folder, "labels", labels)


@pytest.fixture
def setup(tmp_path) -> Iterator[Setup]:
    driftd = Driftd()
    values = np.random.default_rng(3).normal(size=RECORDS).tolist()
    with ExitStack() as stack:
        live = stack.enter_context(serving(model(lambda a: a > 0)))
        candidate = stack.enter_context(serving(model(lambda a: a > 1)))
        url = stack.enter_context(serving(driftd.app))
        configure(tmp_path, live)
        (tmp_path / "secret").write_text(SECRET)
        (tmp_path / "token").write_text(TOKEN)
        document = {
            "listen": "127.0.0.1:0",
            "public_url": "http://reports.example",
            "secret_file": "secret",
            "spool": "spool",
            "driftd": {"config": "driftd.yaml", "url": url, "token_file": "token"},
            "models": {MODEL: {"candidate": candidate}},
        }
        config = tmp_path / "reevaluate.yaml"
        config.write_text(yaml.safe_dump(document))
        offsets = append(tmp_path, "credit", [record(at, at, a) for at, a in enumerate(values)])
        append(tmp_path, "labels", [])
        pipeline = PipelineProcess(config)
        stack.callback(pipeline.__exit__)
        yield Setup(tmp_path, driftd, pipeline, values, offsets)


def test_a_killed_pipeline_goes_on_where_it_was_and_posts_one_result(setup):
    driftd, pipeline = setup.driftd, setup.pipeline
    driftd.failures = 10**6
    told = setup.event()
    pipeline.start()
    assert setup.send(told).status_code == 202
    pipeline.kill()  # while it waits for labels, or before
    pipeline.start()
    assert setup.send(told).status_code == 200, "it knows the event, so it is a repeat"
    setup.tell_labels()
    pipeline.wait_for(lambda: len(driftd.refused) >= 2, SOON_S)
    event_id = json.loads(told)["id"]
    report = pipeline.report(event_id)
    pipeline.kill()  # while it posts the result again and again
    driftd.failures = 0
    pipeline.start()
    pipeline.wait_for(lambda: "event=posted" in pipeline.said, SOON_S)
    assert setup.send(told).status_code == 200
    assert pipeline.report(event_id) == report, "it is not evaluated again"
    ((posted, result),) = driftd.results
    assert posted == event_id
    assert result["verdict"] == "promote_candidate", result
    assert result["report"] == f"http://reports.example/reports/{event_id}"
    figures = result["figures"]
    wrong = sum(0 < a <= 1 for a in setup.values)
    assert figures["live_accuracy"] == pytest.approx(1 - wrong / RECORDS)
    assert (figures["labels"], figures["candidate_accuracy"]) == (RECORDS, 1)
    assert report["gate"]["verdict"] == "passed"


def test_what_cannot_be_judged_is_posted_as_failed_with_why(setup):
    driftd, pipeline = setup.driftd, setup.pipeline
    setup.change(wait_for_labels="0s", models={MODEL: {}})
    pipeline.start()
    setup.send(setup.event(id="few"))
    gone = event(setup.offsets[0], setup.offsets[-1] + 10**6, WINDOW, id="gone")
    setup.send(body_of(gone))
    pipeline.wait_for(lambda: len(driftd.results) == 2, SOON_S)
    said = {event_id: (result["verdict"], result["summary"]) for event_id, result in driftd.results}
    assert said["few"] == (
        "failed",
        "A person must look: 0 labels came in time, and a decision takes 200.",
    )
    assert said["gone"][0] == "failed"
    assert "topic 'credit', partition 0, offsets 0 to" in said["gone"][1]
    assert "the log ends at byte" in said["gone"][1]


def test_a_wrong_configuration_is_told_key_by_key(setup):
    pipeline = setup.pipeline
    setup.change(labels=1, tolerable=-1)
    pipeline.start()
    assert pipeline.process is not None
    assert pipeline.process.wait(30) == 2
    assert "2 problems" in pipeline.said
    assert "tolerable: " in pipeline.said
    assert "labels: " in pipeline.said
