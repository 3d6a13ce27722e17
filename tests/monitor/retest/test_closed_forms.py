"""A whole run on a linear model finds what the closed forms say."""

import json

import numpy as np
import pytest
import yaml

from detectors.robustness.verdict import Verdict
from monitor.config import load
from monitor.reference.build import build_reference
from monitor.retest.history import History
from monitor.retest.run import run_retest
from monitor.retest.subject import space_of
from tests.monitor.retest.linear_model import BIAS, WEIGHTS

ROWS = 300
EPSILON = 0.3
RADIUS = 0.2


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A configuration with its reference; features have no bound but immense ranges."""
    folder = tmp_path_factory.mktemp("linear")
    rng = np.random.default_rng(5)
    numbers = rng.normal(size=(ROWS, 2))
    scores = 1 / (1 + np.exp(-(numbers @ WEIGHTS + BIAS)))
    with (folder / "data.jsonl").open("w") as file:
        for (a, b), score in zip(numbers.tolist(), scores.tolist(), strict=True):
            file.write(json.dumps({"a": a, "b": b, "p": score, "y": int(score >= 0.5)}) + "\n")
    wide = {"kind": "numeric", "range": [-1000, 1000]}
    requirements = [
        requirement("fgsm", EPSILON, "robust_accuracy", norm="linf"),
        requirement("pgd", EPSILON, "robust_accuracy", norm="l2"),
        requirement("hop_skip_jump", EPSILON, "robust_accuracy", norm="l2"),
        requirement("smoothing", RADIUS, "certified_accuracy", sigma=0.5, prove=500),
        {"perturbation": "boundary", "measure": "distance_l2_median", "least": 0.01},
        {
            "perturbation": "monotone",
            "severity": 0.5,
            "measure": "relation_violation_ratio",
            "most": 0.05,
            "options": {"features": ["a"]},
        },
    ]
    document = {
        "source": {"files": {"folder": "."}},
        "models": {
            "m": {
                "reference": "m.ref",
                "rows_per_block": 100,
                "records": {"topics": ["m"], "prediction": {"field": "p", "kind": "probability"}},
                "features": {"a": wide, "b": wide},
                "evaluation": {"data": "data.jsonl", "label": "y"},
                "endpoint": {
                    "protocol": "python",
                    "callable": "tests.monitor.retest.linear_model:predict",
                },
                "retests": {"all": {"queries": 300_000, "seed": 3, "requirements": requirements}},
            }
        },
    }
    (folder / "driftd.yaml").write_text(yaml.safe_dump(document, sort_keys=False))
    settings = load(folder / "driftd.yaml")
    return settings, build_reference(settings.models["m"].schema, [folder / "data.jsonl"]), numbers


def requirement(perturbation, severity, measure, **options):
    return {
        "perturbation": perturbation,
        "severity": severity,
        "measure": measure,
        "least": 0.01,
        "options": options,
    }


@pytest.fixture(scope="module")
def found(service, tmp_path_factory):
    settings, reference, numbers = service
    history = History(tmp_path_factory.mktemp("runs"))
    run = run_retest(
        settings, reference, "m", "all", "request", None, history, lambda _: None, False
    )
    space = space_of(settings.models["m"], reference)
    scale = np.array([each.scale for each in space.features])
    margins = np.abs(numbers @ WEIGHTS + BIAS)
    return run, margins, WEIGHTS * scale


def figure(run, perturbation, measure):
    [trial] = [each for each in run.trials if each.perturbation == perturbation]
    return trial.figures[measure].value


def test_fgsm_breaks_exactly_the_records_within_epsilon(found):
    run, margins, weights = found
    exact = np.mean(margins > EPSILON * np.abs(weights).sum())
    assert figure(run, "fgsm", "robust_accuracy") == pytest.approx(exact, abs=1e-9)


def test_pgd_breaks_the_records_within_epsilon(found):
    run, margins, weights = found
    exact = np.mean(margins > EPSILON * np.linalg.norm(weights))
    told = figure(run, "pgd", "robust_accuracy")
    assert exact - 1e-9 <= told <= exact + 0.02


def test_the_interval_of_an_attack_on_some_of_the_records_holds_the_exact_accuracy(found):
    run, margins, weights = found
    exact = np.mean(margins > EPSILON * np.linalg.norm(weights))
    [trial] = [each for each in run.trials if each.perturbation == "hop_skip_jump"]
    told = trial.figures["robust_accuracy"]
    assert trial.records < len(margins)
    assert told.low <= exact <= told.high


def test_the_distance_to_the_boundary_is_at_least_the_exact_one(found):
    run, margins, weights = found
    exact = np.median(margins / np.linalg.norm(weights))
    told = figure(run, "boundary", "distance_l2_median")
    assert exact - 1e-9 <= told


def test_the_certified_accuracy_is_at_most_the_robust_one(found):
    run, margins, weights = found
    exact = np.mean(margins / np.linalg.norm(weights) >= RADIUS)
    told = figure(run, "smoothing", "certified_accuracy")
    assert exact - 0.15 <= told <= exact + 0.02


def test_a_monotone_score_violates_no_relation(found):
    run, _, _ = found
    assert figure(run, "monotone", "relation_violation_ratio") == 0
    assert [each.verdict for each in run.requirements] == [Verdict.PASSED] * 6


def test_the_run_knows_the_version_and_keeps_its_budget(found):
    run, _, _ = found
    assert run.version == "linear-1"
    assert 0 < run.queries <= run.budget
    assert not run.errors
