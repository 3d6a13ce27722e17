"""A run that cannot even begin is told in the history, with the reason."""

from monitor.config import load
from monitor.retest.history import History
from monitor.retest.worker import FAILED, run
from tests.e2e.small_model import FILES, configure

RETEST = {
    "requirements": [
        {"perturbation": "gaussian_noise", "severity": 1, "measure": "flip_ratio", "most": 1}
    ]
}


def test_a_re_test_without_a_reference_is_inconclusive_and_says_why(tmp_path):
    model = {
        "retests": {"nightly": RETEST},
        "endpoint": {"protocol": "v2", "url": "http://127.0.0.1:1"},
        "evaluation": {"data": "evaluation.jsonl", "label": "y"},
    }
    settings = load(configure(tmp_path / "driftd.yaml", FILES, "t", model))
    assert run(settings, "m", "nightly", "schedule") == FAILED
    (told,) = History(settings.state / "retests").runs("m")
    assert (told.state, told.verdict, told.cause) == ("finished", "inconclusive", "schedule")
    assert "m.ref: there is no such file" in told.reason
