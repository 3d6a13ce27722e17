"""What is told of a model's budget, calibration and sight, from references made by hand."""

from dataclasses import replace

import pytest

from monitor.cli.explain_alarms import explain_alarms, outline_alarms
from monitor.reference.file import NOTHING_LEARNED
from monitor.schema import REST
from tests.monitor.cli.references import calibrated
from tests.monitor.config.files import settings_with
from tests.monitor.reference.test_sight import REFERENCE

SEGMENT = {"records.segment": {"field": "country"}}
KNOWN = replace(
    REFERENCE,
    learned={
        segment: calibrated(REFERENCE.summary_for(segment)) for segment in ("", "DE", "NL", REST)
    },
    days=30.2,
    block_ms=60_000,
    records_per_block={"": 1250.0, "DE": 125.0},
)


@pytest.fixture
def told(tmp_path):
    def tell(reference, changes):
        changed = {f"models.credit.{key}": value for key, value in changes.items()}
        model = settings_with(tmp_path, changed).models["credit"]
        outline = {"reference": {"days": reference.days}, **outline_alarms(model, reference)}
        return outline, list(explain_alarms(outline, model.grid.block_words))

    return tell


def test_a_budget_is_told_in_words_and_its_thresholds_to_machines_only(told):
    budget = {"pages": 0.5, "tickets": 1, "per": "7d"}
    outline, lines = told(KNOWN, {"budget": budget, "ignore_below": {"psi": 0.04}})
    assert lines[0] == (
        "budget: 0.5 pages and 1 ticket in 7d, over all features and windows; effects below "
        "0.2 sd raise none"
    )
    (stream,) = outline["streams"]
    assert stream["page_threshold"] == pytest.approx(9.91, abs=0.01)  # log(10,080 / 0.5)
    assert stream["ticket_threshold"] == pytest.approx(9.22, abs=0.01)
    assert not any("9.9" in line for line in lines)


@pytest.mark.parametrize(
    ("reference", "changes", "line"),
    [
        (KNOWN, {}, "from 30.2 days of the reference's rows"),
        (
            REFERENCE,
            {"warm_up": "7d"},
            "the reference has no time order: nothing pages for the first 7d while driftd learns "
            "the stream (warm_up)",
        ),
        (
            REFERENCE,
            {"warm_up": "0s"},
            "the reference has no time order: records are taken to be independent of one another "
            "(warm_up)",
        ),
        (
            REFERENCE,
            {"rows_per_block": 500},
            "the reference has no time order: nothing pages for the first 336 blocks while driftd "
            "learns the stream",
        ),
        (
            replace(REFERENCE, days=1.5),
            {},
            "the 1.5 days of the reference are too few: nothing pages for the first 14d while "
            "driftd learns the stream (warm_up)",
        ),
        (
            replace(KNOWN, learned={**KNOWN.learned, "NL": NOTHING_LEARNED}),
            SEGMENT,
            "the reference holds too little of segment NL: there nothing pages for the first 14d "
            "while driftd learns the stream (warm_up)",
        ),
        (
            replace(KNOWN, days=None, block_ms=500, by_rows=True),
            {"rows_per_block": 500},
            "from the order of the reference's rows",
        ),
    ],
)
def test_how_a_stream_is_calibrated_is_told(told, reference, changes, line):
    assert told(reference, changes)[1][1] == f"calibration: {line}"


@pytest.mark.parametrize(
    ("reference", "changes", "traffic"),
    [
        (KNOWN, {}, "at 1,250 records a block"),
        (REFERENCE, {"warm_up": "0s"}, "at 1,000 records a block (assumed)"),
        (
            replace(KNOWN, learned={}),
            {},
            "at 1,250 records a block, if they are independent of one another",
        ),
        (KNOWN, {"block": "5m"}, "at 1,000 records a block (assumed)"),
        (KNOWN, {"rows_per_block": 500}, "at 500 records a block (assumed)"),
    ],
)
def test_the_traffic_of_the_reference_is_told_or_assumed(told, reference, changes, traffic):
    assert told(reference, changes)[1][2].endswith(f", {traffic}")


def test_every_segment_has_a_sight_of_its_own(told):
    outline, lines = told(KNOWN, SEGMENT)
    assert [stream["segment"] for stream in outline["streams"]] == ["DE", "NL", REST]
    assert "over all segments, features and windows" in lines[0]
    assert lines[2].startswith("segment DE sees a shift of 0.")
    assert lines[3] == (
        "segment NL sees no shift of up to 2 sd within 1m, 1h or 1d, at 1,000 records a block "
        "(assumed)"
    )
    assert lines[4].startswith("the rest sees no shift")


def test_shifts_are_told_for_every_window_of_the_grid(told):
    outline, lines = told(KNOWN, {"windows": ["block", "6h"]})
    (stream,) = outline["streams"]
    assert {window: list(shifts) for window, shifts in stream["smallest_shifts"].items()} == {
        "block": ["x", "prediction"],
        "6h": ["x", "prediction"],
    }
    assert " within 1m, " in lines[2]
    assert " within 6h, " in lines[2]
