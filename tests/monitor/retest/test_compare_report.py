import io

from rich.console import Console

from detectors.robustness.verdict import Verdict
from monitor.retest.compare_report import report
from monitor.retest.comparison import Comparison, Difference
from monitor.retest.result import Figure
from tests.monitor.retest.runs import a_passed_run, a_run


def a_difference(**changes) -> Difference:
    """Return a drop of accuracy that is 2 points larger in the challenger."""
    told = {
        "name": "noise",
        "perturbation": "gaussian_noise",
        "severity": 0.1,
        "data": "evaluation",
        "measure": "accuracy_drop",
        "limit": "at most 2.0 %",
        "champion": Figure(0.01),
        "challenger": Figure(0.03),
        "champion_verdict": Verdict.PASSED,
        "challenger_verdict": Verdict.FAILED,
        "difference": Figure(0.02, 0.012, 0.028),
        "p": 0.00001,
        "better": 5,
        "worse": 25,
        "records": 1_000,
        "change": "worse",
        "words": "under gaussian_noise 0.1 sd the accuracy falls by 2 points more",
    }
    return Difference(**(told | changes))


def printed(*differences: Difference, **changes) -> str:
    told = {
        "model": "credit",
        "retest": "nightly",
        "champion": a_passed_run(),
        "challenger": a_run(version="8", endpoint="http://candidate:8080"),
        "differences": differences,
        "verdict": Verdict.FAILED,
    }
    out = io.StringIO()
    console = Console(file=out, markup=False, highlight=False, width=160)
    report(Comparison(**(told | changes)), console)
    return " ".join(out.getvalue().split())


def test_a_worse_requirement_shows_both_values_the_difference_and_its_p():
    told = printed(a_difference())
    assert told.startswith("credit, nightly: the challenger is worse in 1 champion")
    assert "noise at most 2.0 % 1.0 % passed 3.0 % failed +2.0 % (+1.2 % to +2.8 %) <0.0001" in told
    assert "1,000 worse" in told
    assert told.endswith("the accuracy falls by 2 points more")


def test_both_endpoints_and_versions_are_named():
    told = printed(a_difference())
    assert "champion http://credit:8080, version 7: passed" in told
    assert "challenger http://candidate:8080, version 8: failed" in told


def test_no_difference_is_said_to_be_none_shown():
    same = a_difference(change="same", difference=Figure(None), p=None, words="")
    told = printed(same, verdict=Verdict.PASSED)
    assert "the challenger shows no difference" in told
    assert "unknown 1,000 same" in told


def test_a_load_has_a_row_with_both_latencies_and_verdicts_and_no_p():
    load = a_difference(
        name="load",
        measure="latency_p99",
        limit="at most 50 ms",
        champion=Figure(0.012),
        challenger=Figure(0.25),
        difference=Figure(0.238),
        p=None,
        better=0,
        worse=0,
        records=2_000,
    )
    told = printed(load)
    assert "load at most 50 ms 12 ms passed 250 ms failed +238 ms 2,000 worse" in told


def test_better_and_worse_are_counted_apart():
    told = printed(a_difference(), a_difference(change="better"), a_difference(change="better"))
    assert "is worse in 1 and is better in 2" in told


def test_a_model_that_could_not_be_asked_is_not_compared():
    told = printed(verdict=Verdict.INCONCLUSIVE, reason="http://candidate:8080 does not answer")
    assert "was not compared: http://candidate:8080 does not answer" in told
    assert "requirement" not in told
