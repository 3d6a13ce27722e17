import re

from msgspec import UNSET
from msgspec.structs import replace

from monitor.documents import status_document
from monitor.events.event import EventType, SegmentState, Severity
from monitor.events.view import EventsView, TriggerView
from monitor.http.event_section import MOST_OPEN
from monitor.http.page import render_page
from tests.monitor.events.made import START_MS, a_result, an_event
from tests.monitor.http.views import a_view


def page(**events) -> str:
    return render_page(status_document(a_view(events=EventsView(**events))))


def text(html: str) -> str:
    """Return what a reader sees, words parted by one space."""
    body = html[html.index("<body>") :]
    return " ".join(re.sub("<[^>]*>", " ", body).split())


def test_an_open_event_is_shown_with_what_happened_where_and_when():
    event = an_event()
    html = page(open=(event,))
    shown = (
        "alarm raised page credit version 7, DE 2026-01-05 00:02:00 UTC "
        "1 of 4 features moved; `income` shifted up by 0.41 sd "
        "the inputs moved and the errors did not"
    )
    assert shown in text(html)
    assert f'<a href="/api/v1/events/{event.id}">alarm raised</a>' in html
    assert '<strong class="page">page</strong>' in html


def test_an_event_about_several_segments_says_how_many():
    segments = [SegmentState("DE", Severity.PAGE), SegmentState("FR", Severity.TICKET)]
    assert "credit version 7, 2 segments" in text(page(open=(an_event(segments=segments),)))


def test_where_blocks_are_of_rows_no_time_is_told():
    html = page(open=(replace(an_event(), time=UNSET),))
    assert '<td class="time"></td>' in html


def test_of_many_open_events_so_many_are_shown():
    html = page(open=tuple(an_event(number=number) for number in range(MOST_OPEN + 3)))
    assert html.count('<tr class="event">') == MOST_OPEN
    assert '<a href="/api/v1/events?open=true">and 3 more</a>' in html


def test_a_trigger_is_shown_with_what_waits_and_why():
    triggers = {
        "retrain": TriggerView(5, 3, 1, 2, START_MS, "the receiver answered 503"),
        "audit": TriggerView(delivered=7),
    }
    shown = text(page(triggers=triggers))
    assert "retrain 5 2 1 the receiver answered 503 audit 7 0 0 none" in shown


def test_the_newest_result_of_a_model_is_shown_with_its_figures_and_report():
    event = an_event()
    html = page(newest_results={"credit": a_result(event)})
    shown = (
        "credit retrain 2026-01-05 00:30:00 UTC the live model lost 9 points "
        "candidate_accuracy 0.9 live_accuracy 0.81 report"
    )
    assert shown in text(html)
    assert '<a href="https://reports.example/1">report</a>' in html
    assert f'<a href="/api/v1/events/{event.id}">retrain</a>' in html


def test_a_result_without_report_and_figures_has_neither():
    bare = a_result(an_event(), report="", figures={}, summary="")
    html = page(newest_results={"credit": bare})
    assert "report</a>" not in html
    assert '<td class="told"></td>' in html


def test_what_there_is_none_of_has_no_table():
    shown = text(page())
    for title in ("Open events", "Triggers", "Re-evaluations"):
        assert title not in shown


def test_names_and_words_are_shown_as_they_are():
    event = an_event(EventType.RETEST_FAILED, summary="<b>a & b</b>", model="<i>")
    result = a_result(event, summary="<script>", report='https://x/"><script>')
    triggers = {"<u>": TriggerView(problem="<s>")}
    html = page(open=(event,), triggers=triggers, newest_results={"<i>": result})
    assert "&lt;b&gt;a &amp; b&lt;/b&gt;" in html
    for tag in ("<b>", "<i>", "<u>", "<s>", "<script>"):
        assert tag not in html
