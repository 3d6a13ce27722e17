import re

import pytest

from detectors.robustness.verdict import Verdict
from monitor.documents import status_document
from monitor.http.page import render_page
from monitor.retest.view import RetestsView
from monitor.view import StreamView, View
from tests.monitor.http.views import (
    START_MS,
    a_calibration,
    a_calm_stream,
    a_diagnosis,
    a_drifted,
    a_labelled_model,
    a_model,
    a_performance,
    a_source,
    a_stream,
    a_view,
    an_alarm,
    some_evidence,
)
from tests.monitor.retest.runs import (
    a_failure,
    a_passed_run,
    a_run,
    a_running_run,
    an_open_question,
    an_unreachable_run,
)


def page(view: View) -> str:
    return render_page(status_document(view))


def text(html: str) -> str:
    """Return what a reader sees, words parted by one space."""
    body = html[html.index("<body>") :]
    return " ".join(re.sub("<[^>]*>", " ", body).split())


def page_of(stream: StreamView) -> str:
    return page(a_view(models=(a_model(streams=(stream,)),)))


def test_the_page_tells_what_drifted_in_words_and_how_much():
    told = "feature_0 shifted down by 0.41 sd location -0.41 sd, version 7, DE"
    assert told in text(page(a_view()))


@pytest.mark.parametrize("severity", ["page", "ticket"])
def test_an_alarm_is_shown_in_its_colour_with_its_stream_and_since_when(severity):
    html = page_of(a_stream(alarm=an_alarm(severity)))
    assert f'<strong class="{severity}">{severity}</strong>' in html
    since = f"{severity} since 2026-01-05 00:01:00 UTC version 7, DE evidence 133 % of a page"
    assert since in text(html)


def test_a_calm_model_shows_how_near_a_page_its_evidence_is():
    assert "calm evidence 34 % of a page" in text(page_of(a_calm_stream()))


@pytest.mark.parametrize(
    ("until_ms", "told"),
    [
        (START_MS, "warming up until 2026-01-05 00:00:00 UTC, no alarms meanwhile"),
        (None, "warming up, no alarms meanwhile"),
    ],
)
def test_a_model_that_warms_up_says_until_when(until_ms, told):
    calibration = a_calibration("warming_up", until_ms=until_ms)
    assert told in text(page_of(a_calm_stream(calibration=calibration)))


def test_an_alarm_of_blocks_of_rows_has_no_time():
    stream = a_stream(alarm=an_alarm("page", raised_ms=None))
    assert "page version 7, DE" in text(page_of(stream))


def test_the_page_says_why_driftd_is_not_ready():
    assert "not ready : starting" in text(page(View()))


def test_the_page_tells_the_problem_of_the_source():
    view = a_view(source=a_source(problem="no broker answers"))
    assert "no broker answers" in text(page(view))


def test_the_page_shows_the_first_five_drifted_features_and_counts_the_others():
    drifted = tuple(a_drifted(f"f{number}") for number in range(7))
    shown = text(page_of(a_stream(drifted=drifted)))
    assert "f4 shifted" in shown
    assert "f5" not in shown
    assert "and 2 more" in shown


def test_nothing_that_a_record_says_becomes_markup():
    nasty = '<script>alert("x")</script>'
    drifted = a_drifted(nasty, words=nasty)
    stream = a_stream(
        version=nasty,
        segment=nasty,
        drifted=(drifted,),
        diagnosis=a_diagnosis(words=nasty),
        performance=a_performance(),
    )
    view = a_view(models=(a_model(nasty, streams=(stream,)),), not_ready=nasty)
    assert "<script" not in page(view)


def test_a_stream_with_labels_shows_its_diagnosis_and_its_measures():
    shown = text(page(a_view(models=(a_labelled_model(),))))
    assert "credit version 7, DE accuracy fell from 0.9 to 0.81 and the inputs did not" in shown
    assert "evidence of more wrong answers: 50 % of a page" in shown
    assert "300 labels in 1d now 95 % interval reference estimated" in shown
    assert "accuracy 0.81 0.77 to 0.85 0.9 0.88" in shown
    assert "log_loss 0.25" in shown


def test_a_diagnosis_without_labels_has_no_measures():
    shown = text(page_of(a_stream(diagnosis=a_diagnosis("data_corruption"))))
    assert "accuracy fell from" in shown
    assert "95 % interval" not in shown


def test_a_stream_that_nothing_is_said_of_is_not_judged():
    assert "<h2>" not in page_of(a_stream(diagnosis=a_diagnosis("")))


def test_no_evidence_about_errors_is_not_shown():
    performance = a_performance(evidence=some_evidence(kind=""))
    assert "evidence of" not in text(page_of(a_stream(performance=performance)))


def test_twenty_streams_of_a_model_are_judged():
    streams = tuple(a_stream(segment=f"s{row}", diagnosis=a_diagnosis()) for row in range(23))
    assert page(a_view(models=(a_model(streams=streams),))).count("<h2>") == 20


def test_the_page_loads_nothing_from_elsewhere():
    html = page(a_view())
    assert not re.search(r"https?:|<script|<img|<link|@import|url\(", html)
    assert all(path.startswith("/") for path in re.findall(r'href="([^"]*)"', html))


def page_of_retests(**changes) -> str:
    retests = {"runs": {"nightly": a_run()}, "next_ms": {"nightly": START_MS}} | changes
    return page(a_view(models=(a_model(retests=RetestsView(**retests)),)))


def test_a_failed_retest_is_shown_with_what_failed_and_when_it_runs_again():
    html = page_of_retests()
    assert '<strong class="failed">failed</strong>' in html
    assert f'href="/api/v1/models/credit/retests/{a_run().id}"' in html
    assert (
        "credit nightly failed accuracy falls by 0.03 under Gaussian noise of 0.1 sd; at most "
        "0.02 is allowed 7 2026-01-05 03:01:30 UTC 2026-01-05 00:00:00 UTC"
    ) in text(html)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"runs": {}}, "credit nightly none yet never 2026-01-05"),
        ({"next_ms": {"nightly": None}}, "03:01:30 UTC when asked for"),
        ({"runs": {"nightly": a_passed_run()}}, "credit nightly passed 7"),
        (
            {
                "runs": {
                    "nightly": a_run(
                        verdict=Verdict.INCONCLUSIVE, requirements=(an_open_question(),)
                    )
                }
            },
            "inconclusive 1 of 1 are not decided",
        ),
        ({"runs": {"nightly": an_unreachable_run()}}, "inconclusive http://credit:8080 does not"),
        ({"running": a_running_run()}, "runs now: 2 of 8, gaussian_noise at 0.4 sd"),
    ],
)
def test_a_retest_says_how_it_stands(changes, told):
    assert told in text(page_of_retests(**changes))


def test_a_model_without_retests_has_no_section_of_them():
    assert "Re-tests" not in page(a_view())


def test_nothing_that_a_retest_says_becomes_markup():
    nasty = '<script>alert("x")</script>'
    run = a_run(version=nasty, reason=nasty, requirements=(a_failure(words=nasty),))
    running = a_running_run(retest=nasty, doing=nasty)
    html = page_of_retests(runs={nasty: run}, running=running, next_ms={nasty: None})
    assert "<script" not in html
