"""`driftd retest` against real servers over HTTP."""

import json
import logging
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest
import structlog
from click.testing import CliRunner, Result
from pyarrow import parquet

from monitor.cli import main
from monitor.cli.retest import worst
from monitor.http.app_thread import AppThread
from monitor.retest.history import History
from tests.monitor.config.files import changed, write
from tests.monitor.retest.endpoints.servers import Served, chance, v2

ROWS = 600
NOISE = {"perturbation": "gaussian_noise", "measure": "accuracy_drop"}
MET = NOISE | {"name": "met", "severity": 0.05, "most": 0.5}
NOT_MET = NOISE | {"name": "not met", "severity": 0.8, "most": 0.001}
TOO_CLOSE = {
    "name": "too close",
    "perturbation": "gaussian_noise",
    "severity": 0.1,
    "measure": "accuracy",
    "least": 0.97,
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The address of a server that knows the truth."""
    server = AppThread("127.0.0.1:0", v2(Served()))
    server.start()
    yield server.url
    server.stop()


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def configure(tmp_path, monkeypatch, url):
    """Writes a configuration with some re-tests of one model, its reference and its data."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    income, age = rng.normal(size=ROWS), rng.normal(size=ROWS)
    score = chance(income, age)
    data = {"income": income, "age": age, "score": score, "y": (score > 0.5).astype(int)}
    parquet.write_table(pa.table(data), tmp_path / "eval.parquet")

    def configure(**retests: list[dict]) -> None:
        document = {
            "models.credit.features": {"income": "numeric", "age": "numeric"},
            "models.credit.evaluation": {"data": "eval.parquet", "label": "y"},
            "models.credit.endpoint": {
                "protocol": "v2",
                "url": url,
                "output": "scores",
                "model": "m",
            },
            "models.credit.retests": {
                name: {"requirements": requirements, "seed": 1, "curves": False}
                for name, requirements in retests.items()
            },
        }
        write(tmp_path, changed(document))
        built = driftd("reference", "build", "-c", "driftd.yaml", "credit", "eval.parquet")
        assert built.exit_code == 0, built.output

    return configure


def driftd(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def retest(*arguments: str) -> Result:
    return driftd("retest", "-c", "driftd.yaml", "credit", *arguments)


def test_a_model_that_meets_its_requirements_exits_with_0(configure):
    configure(nightly=[MET])
    result = retest()
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("credit, nightly: passed\n")
    assert result.stderr == ""


def test_a_model_that_does_not_exits_with_1_and_leaves_its_cases(configure, tmp_path):
    configure(nightly=[MET, NOT_MET])
    result = retest()
    assert result.exit_code == 1
    assert result.stdout.startswith("credit, nightly: failed\n")
    assert "accuracy by severity" in result.stdout
    (run,) = History(tmp_path / "state" / "retests").runs("credit")
    assert run.cause == "request"
    file = f"state/retests/credit/{run.id}/cases.parquet"
    assert f"Failing cases to learn from: {file}\n" in result.stdout
    cases = parquet.read_table(tmp_path / file)
    assert set(cases["retest_label_rule"].to_pylist()) == {"kept"}


def test_what_too_few_records_cannot_tell_exits_with_3(configure):
    configure(nightly=[TOO_CLOSE])
    result = retest("--json")
    assert result.exit_code == 3, result.output
    told = json.loads(result.stdout)
    assert told["verdict"] == "inconclusive"
    assert told["runs"][0]["requirements"][0]["reason"]


def test_a_model_that_does_not_answer_is_inconclusive_with_the_reason(configure):
    configure(nightly=[MET])
    result = retest("--endpoint", "http://127.0.0.1:9")
    assert result.exit_code == 3
    assert "credit, nightly: inconclusive: " in result.stdout
    assert "127.0.0.1:9" in result.stdout


def test_a_candidate_is_gated_at_its_own_address(configure, url, tmp_path):
    configure(nightly=[MET])
    other = url.replace("127.0.0.1", "localhost")
    result = retest("--endpoint", other, "--gate", "--json", "--junit", "out/gate.xml")
    assert result.exit_code == 0, result.output
    run = json.loads(result.stdout)["runs"][0]
    assert (run["cause"], run["endpoint"]) == ("gate", other)
    suite = ElementTree.parse(tmp_path / "out" / "gate.xml").getroot().find("testsuite")
    assert (suite.attrib["tests"], suite.attrib["failures"]) == ("1", "0")


def test_all_retests_are_run_and_the_worst_verdict_counts(configure):
    configure(nightly=[MET], weekly=[NOT_MET])
    result = retest("--json")
    told = json.loads(result.stdout)
    assert [run["verdict"] for run in told["runs"]] == ["passed", "failed"]
    assert (told["verdict"], result.exit_code) == ("failed", 1)
    one = retest("--retest", "nightly", "--json")
    assert one.exit_code == 0
    assert len(json.loads(one.stdout)["runs"]) == 1


def test_a_run_at_the_same_time_is_refused(configure, tmp_path):
    configure(nightly=[MET])
    with History(tmp_path / "state" / "retests").lock("credit"):
        result = retest()
    assert result.exit_code == 2
    assert "a re-test of model 'credit' runs already" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-c", "driftd.yaml", "loans"), "'loans' is no model of driftd.yaml, which has: credit"),
        (
            ("-c", "driftd.yaml", "credit", "--retest", "hourly"),
            "'hourly' is no re-test of model credit, which has: nightly",
        ),
        (("-c", "driftd.yaml"), "Missing argument 'MODEL'"),
        (("credit",), "Missing option '-c'"),
    ],
)
def test_wrong_use_says_what_there_is(configure, arguments, told):
    configure(nightly=[MET])
    result = driftd("retest", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_model_without_retests_says_where_they_go(configure):
    configure()
    result = retest()
    assert result.exit_code == 2
    assert "describe one in models.credit.retests" in result.stderr


def test_help_shows_both_commands():
    told = driftd("retest", "--help").stdout
    assert "driftd retest -c FILE MODEL" in told
    assert "driftd retest compare -c FILE MODEL CHAMPION_URL CHALLENGER_URL" in told
    assert "3 inconclusive" in told


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        (["passed", "passed"], "passed"),
        (["passed", "inconclusive"], "inconclusive"),
        (["inconclusive", "failed", "passed"], "failed"),
    ],
)
def test_the_worst_verdict_counts(verdicts, together):
    assert worst(verdicts) == together
