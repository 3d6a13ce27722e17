"""Triggers get the events that their filters ask for."""

import pytest

from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event, EventType, SegmentState, Severity
from monitor.events.routing import receivers, wanted
from tests.monitor.events.made import an_event

RAISED, ESCALATED = EventType.ALARM_RAISED, EventType.ALARM_ESCALATED
SPREAD, CLEARED = EventType.ALARM_SPREAD, EventType.ALARM_CLEARED
PAGE, CALM = Severity.PAGE, None


def a_trigger(**filters) -> TriggerConfig:
    return TriggerConfig(command=("/bin/true",), **filters)


def about(what: EventType, *segments: SegmentState) -> Event:
    return an_event(what, segments=list(segments), segment=segments[0].segment)


DE = SegmentState("DE", PAGE, joined=True)
DE_STILL = SegmentState("DE", PAGE)
DE_CALM = SegmentState("DE", CALM)
FR = SegmentState("FR", PAGE, joined=True)
FR_STILL = SegmentState("FR", PAGE)


@pytest.mark.parametrize(
    ("event", "of_de"),
    [
        (about(RAISED, DE), True),
        (about(RAISED, FR), False),
        (about(SPREAD, FR_STILL, DE), True),
        (about(SPREAD, DE_STILL, FR), False),
        (about(ESCALATED, FR_STILL, DE_STILL), True),
        (about(ESCALATED, FR_STILL, DE_CALM), False),
    ],
)
def test_a_trigger_of_a_segment_gets_what_is_news_to_it(event, of_de):
    assert wanted(a_trigger(segments=("DE",)), event) is of_de


def test_a_trigger_of_a_segment_hears_that_all_is_calm_again():
    calm = about(CLEARED, SegmentState("FR", CALM), DE_CALM)
    assert wanted(a_trigger(segments=("DE",), kinds=("alarm_cleared",)), calm)
    assert not wanted(a_trigger(segments=("IT",), kinds=("alarm_cleared",)), calm)


def test_a_trigger_of_all_segments_is_not_told_that_an_alarm_spreads_unless_it_asks():
    spread = about(SPREAD, DE_STILL, FR)
    assert not wanted(a_trigger(), spread)
    assert wanted(a_trigger(kinds=("alarm_spread",)), spread)


def test_severity_and_kind_and_failure_mode_are_asked_for():
    ticket = an_event(severity=Severity.TICKET, kind="covariate_shift")
    assert wanted(a_trigger(), ticket)
    assert not wanted(a_trigger(severity="page"), ticket)
    assert wanted(a_trigger(kinds=("covariate_shift",)), ticket)
    assert not wanted(a_trigger(kinds=("concept_drift",)), ticket)


def test_an_event_goes_to_the_triggers_of_its_model_alone():
    triggers = {"a": a_trigger(), "b": a_trigger(), "c": a_trigger(severity="page")}
    subscribed = {"credit": ["a", "c"], "churn": ["b"]}
    ticket = an_event(severity=Severity.TICKET)
    assert receivers(ticket, subscribed, triggers) == ["a"]
    assert receivers(an_event(model="gone"), subscribed, triggers) == []
