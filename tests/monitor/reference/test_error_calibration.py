"""Labelled rows in time order teach how the model's errors wander without drift."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal

from detectors.evidence.budget import Budget
from detectors.evidence.detector import Detector
from detectors.evidence.history import History
from detectors.evidence.observed import Observed
from detectors.evidence.season import place_by_clock
from detectors.performance.error_evidence import error_ratios
from detectors.performance.error_stream import RIGHT, WRONG
from detectors.prediction_kind import PredictionKind
from monitor.reference.build import build_reference
from monitor.schema import REST, Kind, Prediction, TimeField, TimeUnit
from tests.monitor.reference.data import a_schema, build_from, write_csv, write_parquet
from tests.monitor.reference.labelled_data import labelled_table, labels_of, schema_of
from tests.monitor.reference.test_calibration import DAY_MS, HOURS, START_MS

HOUR_MS = 3_600_000
DAYS = 28
RECORDS = 40
CLASSIFIER = replace(
    a_schema(Prediction(("score",), PredictionKind.CLASS), x=Kind.NUMERIC),
    time=TimeField(("ts",), TimeUnit.MILLISECONDS),
)


def error_rates(rng, hours, rate=0.1, wander=0.4, memory_hours=12):
    """Rates of wrong answers whose logit wanders, with half a day of memory."""
    keep = np.exp(-1 / memory_hours)
    logit = np.empty(hours)
    state = rng.standard_normal()
    for hour in range(hours):
        state = keep * state + np.sqrt(1 - keep**2) * rng.standard_normal()
        logit[hour] = np.log(rate / (1 - rate)) + wander * state
    return 1 / (1 + np.exp(-logit))


def answers(rng, hours, **wandering):
    """Columns of a classifier of two classes, RECORDS rows an hour."""
    rates = np.repeat(error_rates(rng, hours, **wandering), RECORDS)
    label = rng.integers(2, size=len(rates))
    said = np.where(rng.random(len(rates)) < rates, 1 - label, label)
    hour = np.repeat(np.arange(hours), RECORDS)
    names = np.array(["no", "yes"])
    return {
        "ts": START_MS + hour * HOUR_MS + rng.integers(0, HOUR_MS, len(hour)),
        "x": rng.standard_normal(len(hour)),
        "score": names[said].tolist(),
        "y": names[label].tolist(),
    }


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """What four weeks of wandering errors teach."""
    columns = answers(np.random.default_rng(1), 24 * DAYS)
    folder = tmp_path_factory.mktemp("data")
    labels = labels_of(PredictionKind.CLASS)
    return build_from(folder, CLASSIFIER, columns, labels=labels, plan=HOURS).performance


def test_errors_of_rows_in_time_order_are_calibrated(known):
    calibration = known.calibrations[""]
    assert calibration.days == DAYS
    assert calibration.replay.blocks == 24 * DAYS / 2
    assert calibration.replay.pages == 0
    # Rates of 0.1 that wander by 0.4 in the logit vary by 0.036, where chance makes
    # sqrt(0.09 / 40) = 0.047 in an hour: together 1.6 times the variance of chance, in longer
    # windows more.
    inflation = calibration.inflation.parts[0]
    assert inflation[0] > 1.3
    assert inflation.max() > 3


def pages_of(ratios, rates, rng, budget):
    """How often errors at some rates page, each time with windows that start anew."""
    detector, history = Detector(ratios), History(HOURS.longest)
    since, pages = 0, 0
    for hour, rate in enumerate(rates):
        place = START_MS // HOUR_MS + hour
        wrong = rng.binomial(RECORDS, rate)
        counts = np.zeros_like(ratios.reference)
        counts[-1, [RIGHT, WRONG]] = RECORDS - wrong, wrong
        block = Observed.block(place, RECORDS, counts)
        clock = place_by_clock(place * HOUR_MS + HOUR_MS // 2, RECORDS)
        evidence = detector.step(history.push(replace(block, clock=clock)), since)
        if evidence.value >= budget.page_threshold:
            pages, since = pages + 1, place + 1
    return pages


def test_errors_that_wander_as_before_page_within_the_budget(known):
    raw = error_ratios(known.task, known.errors[""])
    calibration = known.calibrations[""]
    budget = Budget(1, 30 * DAY_MS, HOUR_MS)
    rng = np.random.default_rng(2)
    months = 8
    rates = [error_rates(rng, 24 * 30) for _ in range(months)]
    calm = sum(pages_of(calibration.of_ratios(raw), each, rng, budget) for each in rates)
    assert calm <= months
    # Without what the reference taught, the same errors page more often than that.
    assert sum(pages_of(raw, each, rng, budget) for each in rates) > months


def test_errors_that_become_three_times_as_many_page_soon(known):
    ratios = known.calibrations[""].of_ratios(error_ratios(known.task, known.errors[""]))
    rng = np.random.default_rng(3)
    rates = error_rates(rng, 24 * 4, rate=0.3)
    assert pages_of(ratios, rates, rng, Budget(1, 30 * DAY_MS, HOUR_MS)) >= 1


def test_each_segment_with_labels_has_a_calibration_of_its_own(tmp_path):
    columns = answers(np.random.default_rng(4), 24 * 15)
    segments = np.random.default_rng(5).choice(["DE", "FR", "AT"], len(columns["x"]))
    labels = labels_of(PredictionKind.CLASS)
    schema = replace(CLASSIFIER, segment=("country",))
    columns |= {"country": segments.tolist()}
    options = {"labels": labels, "plan": HOURS, "segment_values": ["DE", "FR"]}
    known = build_from(tmp_path, schema, columns, **options).performance
    assert set(known.calibrations) == {"", "DE", "FR", REST}
    assert list(known.calibrations) == list(known.tallies)


def test_without_time_errors_are_not_calibrated(tmp_path):
    kind = PredictionKind.PROBABILITY
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 2_000))
    options = {"labels": labels_of(kind), "segment_most": 1}
    known = build_reference(schema_of(kind), [path], plan=HOURS, **options).performance
    assert known.calibrations == {}


def test_the_order_of_rows_in_files_changes_no_calibration_of_errors(tmp_path):
    columns = answers(np.random.default_rng(6), 24 * 15)
    shuffled = np.random.default_rng(7).permutation(len(columns["x"]))
    labels = labels_of(PredictionKind.CLASS)
    one, other = (
        build_from(
            tmp_path,
            CLASSIFIER,
            {name: [column[row] for row in order] for name, column in columns.items()},
            labels=labels,
            plan=HOURS,
        ).performance.calibrations[""]
        for order in (np.arange(len(shuffled)), shuffled)
    )
    assert_array_equal(one.season.coefficients, other.season.coefficients)
    assert_array_equal(one.inflation.parts, other.inflation.parts)
    assert one.replay == other.replay


@pytest.mark.parametrize("rows", [3, 40])
def test_a_few_rows_are_enough_for_measures(tmp_path, rows):
    for kind in PredictionKind:
        table = labelled_table(kind, rows)
        known = build_reference(
            schema_of(kind), [write_parquet(tmp_path / "a.parquet", table)], labels=labels_of(kind)
        ).performance
        assert known.tallies[""].records == rows - table["y"].null_count
        if known.estimation is None:
            assert known.no_estimate


def test_a_csv_in_time_order_is_calibrated_as_parquet_is(tmp_path):
    table = pa.table(answers(np.random.default_rng(8), 24 * 15))
    labels = labels_of(PredictionKind.CLASS)
    paths = [
        write_csv(tmp_path / "a.csv", table),
        write_parquet(tmp_path / "a.parquet", table),
    ]
    one, other = (
        build_reference(CLASSIFIER, [path], labels=labels, plan=HOURS).digest for path in paths
    )
    assert one == other


@pytest.mark.parametrize("kind", [PredictionKind.CLASS, PredictionKind.PROBABILITY])
def test_errors_that_last_widen_the_estimates_in_any_order_of_the_rows(tmp_path, kind):
    columns = answers(np.random.default_rng(9), 24 * 15, wander=1.0, memory_hours=24)
    if kind is PredictionKind.PROBABILITY:
        columns["score"] = np.where(np.array(columns["score"]) == "yes", 0.9, 0.1)
    labels, schema = (
        labels_of(kind, "yes" if kind is PredictionKind.PROBABILITY else None),
        CLASSIFIER,
    )
    schema = replace(schema, prediction=Prediction(("score",), kind))
    shuffled = np.random.default_rng(7).permutation(len(columns["x"]))
    mixed = {name: [column[row] for row in shuffled] for name, column in columns.items()}
    in_time, without = (
        build_from(tmp_path, schema, mixed, labels=labels, plan=plan).performance.estimation
        for plan in (HOURS, None)
    )
    assert np.max(in_time.dispersion) > 3
    assert np.max(without.dispersion) < 3
