import io
from pathlib import Path

import pytest
from rich.console import Console

from detectors.robustness.verdict import Verdict
from monitor.retest.result import Figure, Run, Share, State
from monitor.retest.table_report import report
from tests.monitor.retest.runs import (
    a_clean,
    a_passed_run,
    a_run,
    a_trial,
    an_open_question,
    an_unreachable_run,
)


def printed(run: Run, width: int = 160, folder: Path | None = None) -> str:
    out = io.StringIO()
    console = Console(file=out, markup=False, highlight=False, width=width)
    report(run, console, folder)
    return out.getvalue()


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_failed_run_tells_verdict_value_interval_and_number_of_each_requirement():
    told = words(printed(a_run()))
    assert told.startswith("credit, nightly: failed version 7 at http://credit:8080")
    assert "gaussian_noise 0.1 accuracy_drop failed 3.0 % (2.2 % to 4.1 %) 1,000 accuracy" in told
    assert "14,200 of 20,000 queries in 90.0 s" in told
    assert "failed requests: 3 timeout" in told


def test_a_passed_attack_claims_no_more_than_that():
    told = words(printed(a_passed_run()))
    assert "passed 45.0 % (35.0 % to 55.0 %) 100 0.45 not broken by this attack within" in told


def test_too_few_records_say_how_many_would_do():
    question = an_open_question(words="not decided")
    run = a_run(requirements=(question,), verdict=Verdict.INCONCLUSIVE)
    assert "not decided; about 980 records would decide" in words(printed(run))


def test_a_model_that_did_not_answer_is_inconclusive_with_the_reason():
    told = printed(an_unreachable_run())
    assert told.startswith(
        "credit, nightly: inconclusive: http://credit:8080 does not answer: connection refused\n"
    )
    assert "verdict" not in told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"value": None, "low": 0.0, "high": 1.0}, "inconclusive unknown 40"),
        ({"value": 0.05, "low": None, "high": None}, "inconclusive 5.0 % 40"),
        (
            {"measure": "distance_l2_median", "value": None, "low": 0.5, "high": None},
            "inconclusive beyond any change (0.5 sd to ∞) 40",
        ),
    ],
)
def test_a_value_that_is_not_known_is_said_to_be_so(changes, told):
    assert told in words(printed(a_run(requirements=(an_open_question(**changes),))))


def test_a_long_name_is_told_whole():
    name = "a_name_without_any_space_" * 4
    told = printed(a_run(requirements=(an_open_question(name=name),)), width=80)
    assert "…" not in told


def test_an_interrupted_run_has_no_verdict():
    run = a_run(state=State.INTERRUPTED, reason="the process that ran it ended before it did")
    assert printed(run).startswith("credit, nightly: interrupted: the process")


def test_the_loss_of_a_failed_requirement_is_traced_to_features_and_segments():
    told = printed(a_run())
    assert "gaussian_noise 0.1 sd: features income 70 % (42 records), age 20 %" in told
    assert "segments DE 60 % (36 records)" in told
    assert "gaussian_noise 0.2 sd" not in told
    assert "Where most" not in printed(a_passed_run())


def test_the_worst_variant_is_named():
    trial = a_trial(worst="income", features=(), segments=(Share("DE", 1.0, 3),))
    assert "worst with income; segments DE 100 %" in printed(a_run(trials=(trial,)))


def test_the_cases_are_named_where_they_are():
    told = printed(a_run(), folder=Path("state/retests/credit/r1"))
    assert "Failing cases to learn from: state/retests/credit/r1/cases.parquet" in told
    assert "Failing cases" not in printed(a_run(cases=""))


def test_a_noisy_server_shows_on_unchanged_records():
    clean = a_clean(control_flip_ratio=Figure(0.08, 0.06, 0.1), failed=5)
    told = printed(a_run(clean=(clean,)))
    assert (
        "1,000 unchanged records, accuracy 91.0 % (89.1 % to 92.7 %), 5 without an answer" in told
    )
    assert "asked twice, 8.0 % of the answers change" in told


@pytest.mark.parametrize("width", [60, 80, 200])
def test_it_fits_terminals(width):
    lines = printed(a_run(), width).splitlines()
    table = [line for line in lines if "│" in line or "┤" in line]
    assert max(map(len, table)) <= width


def test_names_are_no_markup():
    assert "[red]x[/red]" in printed(a_run(model="[red]x[/red]"))
