"""The report as a page and a chart: whole, readable and safe."""

import xml.etree.ElementTree as ElementTree

import msgspec
import pytest
from reevaluate.chart import interval_chart
from reevaluate.comparison import Estimate, Health
from reevaluate.gate import Gate, Requirement
from reevaluate.page import render_page
from reevaluate.report import Counts, Judged, Report

from detectors.robustness.verdict import Verdict
from monitor.events.result import Judgement
from tests.reevaluate.a_service import MINUTE_MS, event

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "<script>alert(1)</script>"
REPORT = Report(
    event=event(0, 10, (0, MINUTE_MS), summary=HOSTILE),
    made="2026-01-05T00:02:00+00:00",
    verdict=Judgement.ROLL_BACK,
    why="the previous model is better",
    at_validation=0.9,
    health=Health.HARMED,
    records=Counts(found=500, used=500, labelled=480, late=3),
    models=[
        Judged("live", "http://live", "2", 480, Estimate(0.7, 0.65, 0.75)),
        Judged("candidate", "http://new", "", 0, problem=f"unreachable: {HOSTILE}"),
        Judged(
            "previous", "http://old", "1", 480, Estimate(0.9, 0.87, 0.93), Estimate(0.2, 0.1, 0.3)
        ),
    ],
    gate=Gate(Verdict.INCONCLUSIVE, "it does not answer", [Requirement("r", "failed", HOSTILE)]),
    notes=["3 of the records came late."],
)


def test_a_page_says_the_verdict_the_figures_and_what_they_rest_on():
    html = render_page(REPORT)
    for said in (
        "Roll back: the previous model is better.",
        "70.0% (65.0% to 75.0%)",
        "20.0% (10.0% to 30.0%)",
        "inconclusive (it does not answer)",
        "3 of the records came late.",
        "credit, partition 0, offsets 0 to 10",
    ):
        assert said in html


def test_nothing_that_an_event_or_a_model_says_becomes_markup():
    html = render_page(REPORT)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 3


def test_a_report_is_the_same_after_it_was_stored():
    assert msgspec.json.decode(msgspec.json.encode(REPORT), type=Report) == REPORT
    assert REPORT.figures["previous_gain_low"] == 0.1
    assert REPORT.figures["gate_passed"] == 0
    assert len(REPORT.figures) <= 20


def test_a_report_without_figures_is_a_page_too():
    failed = Report(event=REPORT.event, made="", verdict=Judgement.FAILED, why="no records")
    html = render_page(failed)
    assert "A person must look: no records." in html
    assert "<svg" not in html


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_chart_is_drawn_to_scale(scale):
    rows = {"live": Estimate(0.5 * scale, 0.4 * scale, 0.6 * scale)}
    drawn = interval_chart(rows, scale, "reference", "error", "{:.3g}".format)
    root = ElementTree.fromstring(drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"'))
    lines = {each.get("class"): each for each in root.iter(f"{SVG}line")}
    low, high = (float(lines["bar"].get(key)) for key in ("x1", "x2"))
    middle = float(root.find(f"{SVG}circle").get("cx"))
    assert middle == pytest.approx((low + high) / 2, abs=0.1)
    per_unit = (high - low) / 0.2
    assert float(lines["mark"].get("x1")) == pytest.approx(middle + 0.5 * per_unit, abs=0.5)
    under = float(lines["axis"].get("y1")) + 15
    ticks = [each for each in root.iter(f"{SVG}text") if float(each.get("y")) == under]
    assert 3 <= len(ticks) <= 7
    for each in ticks:
        value = float(each.text) / scale
        assert float(each.get("x")) == pytest.approx(middle + (value - 0.5) * per_unit, abs=0.5)
