"""Requirements become trials, or are refused with the key and the mend."""

from typing import Any

import pytest

from monitor.config.errors import ClashError
from monitor.config.model import ModelConfig
from monitor.retest.catalogue import CATALOGUE
from monitor.retest.measures import MEASURES
from monitor.retest.plan import plan


def a_model(requirements: list[dict[str, Any]], **changes: Any) -> ModelConfig:
    document = {
        "reference": "m.ref",
        "records": {
            "topics": ["t"],
            "prediction": {"field": "score", "kind": "probability"},
        },
        "features": {"income": "numeric", "age": "numeric"},
        "evaluation": {"data": "eval.parquet", "label": "y"},
        "endpoint": {"protocol": "v2", "url": "http://127.0.0.1:1"},
        "retests": {"nightly": {"requirements": requirements}},
    }
    return ModelConfig.model_validate({**document, **changes})


def planned(*requirements: dict[str, Any], **changes: Any):
    model = a_model(list(requirements), **changes)
    return plan(model, model.retests["nightly"])


def problems(*requirements: dict[str, Any], **changes: Any) -> dict[str, str]:
    with pytest.raises(ClashError) as caught:
        planned(*requirements, **changes)
    return dict(caught.value.problems)


NOISE = {"perturbation": "gaussian_noise", "severity": 0.1, "measure": "accuracy_drop", "most": 0.1}
FLIPS = {**NOISE, "measure": "flip_ratio"}
BOUNDARY = {"perturbation": "boundary", "measure": "distance_l2_median", "least": 0.3}


def test_requirements_of_one_perturbation_share_a_trial():
    found = planned(NOISE, FLIPS)
    assert len(found.trials) == 1
    assert [gate.name for gate in found.gates] == [
        "gaussian_noise_0.1_accuracy_drop",
        "gaussian_noise_0.1_flip_ratio",
    ]


def test_a_curve_holds_the_severities_that_no_requirement_names():
    found = planned(NOISE)
    assert {spec.severity for spec in found.curves} == {0.05, 0.2, 0.4, 0.8}


def test_a_boundary_is_looked_for_in_the_norm_of_its_measure():
    found = planned(BOUNDARY)
    assert found.trials[0].norm == "l2"
    assert not found.curves


def test_the_same_requirement_twice_has_two_names():
    first, second = planned(NOISE, NOISE).gates
    assert first.name != second.name


@pytest.mark.parametrize(
    ("requirement", "key", "told"),
    [
        ({**NOISE, "perturbation": "gausian_noise"}, "perturbation", "did you mean gaussian_noise"),
        ({**NOISE, "measure": "acuracy_drop"}, "measure", "did you mean accuracy_drop"),
        ({**NOISE, "severity": None}, "severity", "is missing"),
        ({**BOUNDARY, "severity": 0.3}, "severity", "remove it"),
        ({**NOISE, "measure": "robust_accuracy"}, "measure", "is not measured with"),
        ({**NOISE, "data": "production"}, "measure", "needs labels"),
        ({**NOISE, "features": ["wages"]}, "features", "no feature"),
        ({**NOISE, "options": {"colour": "red"}}, "options", "no option of gaussian_noise"),
        (
            {
                **NOISE,
                "perturbation": "pgd",
                "measure": "robust_accuracy",
                "options": {"norm": "l7"},
            },
            "options",
            "is not a norm",
        ),
    ],
)
def test_a_requirement_that_cannot_be_tested_is_refused(requirement, key, told):
    assert told in problems(requirement)[f"requirements.0.{key}"]


def test_requirements_need_an_endpoint():
    assert "endpoint" in problems(NOISE, endpoint=None)["requirements"]


def test_labels_are_needed_where_the_measure_is_about_the_truth():
    found = problems(NOISE, evaluation={"data": "eval.parquet"})
    assert "evaluation.label" in found["requirements.0.measure"]
    assert planned(FLIPS, evaluation={"data": "eval.parquet"}).trials


def test_every_kind_of_trial_in_the_catalogue_has_a_measure():
    measured = {kind for measure in MEASURES.values() for kind in measure.kinds}
    assert {kind for kind, _ in CATALOGUE.values()} <= measured
