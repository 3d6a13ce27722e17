"""Rows in time order teach a reference what streams do without drift."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from monitor.reference import unit_sums
from monitor.reference.build import build_reference
from monitor.reference.file import read_reference, write_reference
from monitor.reference.plan import Plan
from monitor.reference.table import DataError
from monitor.schema import REST, Kind, TimeField, TimeUnit
from tests.monitor.reference.data import (
    MIXED,
    a_schema,
    build_from,
    mixed_table,
    same_summary,
    write_csv,
    write_jsonl,
    write_parquet,
)

DAY_MS = 86_400_000
START_MS = 1_767_571_200_000
"""A Monday, at midnight."""

NUMBERS = a_schema(**dict.fromkeys(("a", "b", "c"), Kind.NUMERIC))
TIMED = replace(NUMBERS, time=TimeField(("ts",), TimeUnit.MILLISECONDS))


def plan_of(block_ms: int, by_rows: bool = False, warm_up: int = 336) -> Plan:
    """One page in 30 days, or in 4,320 blocks of rows; windows of a week or 1,000 blocks."""
    if by_rows:
        return Plan(block_ms, True, 1_000, 1, 4_320, warm_up)
    return Plan(block_ms, False, 7 * DAY_MS // block_ms, 1, 30 * DAY_MS / block_ms, warm_up)


HOURS = plan_of(3_600_000)
TENS_OF_MINUTES = plan_of(600_000)


def rows_of(
    blocks: int, block_ms: int, records: int, wander: float = 0.0, sine: float = 0.0
) -> dict[str, np.ndarray]:
    """Normal columns whose means wander (AR(1), two hours of memory) around a daily sine."""
    rng = np.random.default_rng(5)
    keep = np.exp(-block_ms / 7_200_000)
    means = wander * rng.standard_normal((blocks, 3))
    means[1:] *= np.sqrt(1 - keep**2)
    for block in range(1, blocks):
        means[block] += keep * means[block - 1]
    means += sine * np.sin(2 * np.pi * np.arange(blocks) * block_ms / DAY_MS)[:, None]
    block = np.repeat(np.arange(blocks), records)
    values = rng.standard_normal((len(block), 3)) + means[block]
    times = START_MS + block * block_ms + rng.integers(0, block_ms, len(block))
    scores = rng.random(len(block))
    return {"ts": times, "score": scores, **dict(zip("abc", values.T, strict=True))}


@pytest.fixture(scope="module")
def wandering(tmp_path_factory):
    """The reference of two weeks with memory and a season, 60 records in each ten minutes."""
    columns = rows_of(2_016, 600_000, 60, wander=0.1, sine=0.2)
    return build_from(tmp_path_factory.mktemp("data"), TIMED, columns, plan=TENS_OF_MINUTES)


def location(reference, name=""):
    """The calibration of a part, and its streams of the features' location."""
    return reference.learned_for(name).calibration, slice(0, 3)


def test_a_wandering_reference_is_calibrated_and_pages_no_one_in_its_replay(wandering):
    calibration, _ = location(wandering)
    assert wandering.calibrated
    assert wandering.notes == ()
    assert wandering.days == pytest.approx(14, abs=0.01)
    assert calibration.days == 14
    assert wandering.records_per_block == {"": 60}
    assert calibration.replay.pages == 0
    assert calibration.replay.blocks == 1_008


def test_the_season_of_a_reference_is_found(wandering):
    calibration, streams = location(wandering)
    cosine, sine = calibration.season.coefficients[streams, 2:4].T
    # In 14 days of two hours' memory, a coefficient of a mean that wanders by 0.1 sd is known to
    # about 0.1 * sqrt(2 * 2 * 2 h / 336 h) = 0.015; the reference's sd is a little above 1.
    assert sine == pytest.approx(np.full(3, 0.2), abs=0.05)
    assert cosine == pytest.approx(np.zeros(3), abs=0.05)


def test_the_memory_of_a_reference_inflates_longer_windows_more(wandering):
    phi = location(wandering)[0].inflation.parts[0]
    # A record's variance is 1, a block's mean has 60 * 0.1^2 of it again: 1.6 times.
    assert 1.4 < phi[0] < 2.2
    assert phi[7] > 3


def test_independent_rows_have_an_inflation_near_1(tmp_path):
    reference = build_from(tmp_path, TIMED, rows_of(672, 1_800_000, 20), plan=plan_of(1_800_000))
    calibration, _ = location(reference)
    # Of 3 blocks; so few windows know it up to 1 + 2 sqrt(2 * 3 / 672) = 1.2 times.
    assert (calibration.inflation.parts[0][:3] < 1.5).all()
    assert calibration.replay.pages == 0


def timed_table(rows: int = 2_500) -> pa.Table:
    """The table of every kind of column, with three weeks of times in order."""
    return mixed_table(rows).append_column(
        "ts", pa.array(START_MS + np.arange(rows) * (21 * DAY_MS // rows))
    )


MIXED_TIMED = replace(MIXED, time=TimeField(("ts",), TimeUnit.MILLISECONDS))


def test_a_calibration_does_not_depend_on_formats_batches_or_files(tmp_path, monkeypatch):
    table = timed_table()
    whole = build_reference(MIXED_TIMED, [write_parquet(tmp_path / "1.parquet", table)], plan=HOURS)
    assert whole.calibrated
    parts = tmp_path / "parts"
    parts.mkdir()
    write_parquet(parts / "1.parquet", table[:700])
    write_csv(parts / "2.csv", table[700:1_900])
    write_jsonl(parts / "3.jsonl", table[1_900:])
    monkeypatch.setattr("monitor.reference.build.BATCH_VALUES", 1_000)
    cut = build_reference(MIXED_TIMED, [parts], plan=HOURS)
    assert cut.digest == whole.digest
    assert cut.records_per_block == whole.records_per_block


def test_a_time_changes_nothing_but_the_calibration(tmp_path):
    path = write_parquet(tmp_path / "1.parquet", timed_table())
    timed = build_reference(MIXED_TIMED, [path], plan=HOURS)
    plain = build_reference(MIXED, [path])
    assert same_summary(timed.total, plain.total)
    assert list(timed.segments) == list(plain.segments)
    assert all(same_summary(timed.segments[name], plain.segments[name]) for name in plain.segments)
    for name, learned in plain.learned.items():
        assert learned.calibration is None
        for kind, whitening in learned.whitening.items():
            assert np.array_equal(whitening, timed.learned[name].whitening[kind])
    assert timed.digest != plain.digest


def test_blocks_need_no_order_in_the_files(tmp_path):
    columns = rows_of(336, 3_600_000, 8)
    order = np.random.default_rng(1).permutation(len(columns["ts"]))
    one, other = (
        location(build_from(tmp_path, TIMED, each, plan=HOURS))[0].season.coefficients[:3]
        for each in (columns, {name: values[order] for name, values in columns.items()})
    )
    assert np.allclose(one, other)


def test_a_calibrated_reference_is_read_back_as_it_was_built(wandering, tmp_path):
    found = write_reference(tmp_path / "a.ref", wandering)
    assert found.digest == wandering.digest
    assert found.calibrated
    told = ("block_ms", "by_rows", "pages", "page_blocks", "days", "records_per_block")
    assert [getattr(found, name) for name in told] == [getattr(wandering, name) for name in told]
    one, other = location(found)[0], location(wandering)[0]
    assert one.replay == other.replay
    assert np.array_equal(one.season.coefficients, other.season.coefficients)
    assert np.array_equal(one.inflation.parts, other.inflation.parts)
    counts = wandering.total.counts
    ratios = [
        each.learned_for("").ratios(each.profile, counts, wanders=True)
        for each in (found, wandering)
    ]
    assert np.array_equal(ratios[0].streams.psi, ratios[1].streams.psi)
    assert read_reference(tmp_path / "a.ref").digest == wandering.digest


def test_rows_without_a_usable_time_are_counted_and_left_out(tmp_path):
    columns = rows_of(336, 3_600_000, 4)
    columns["ts"][5:25] = 0
    untimed = {**columns, "ts": pa.array(columns["ts"], mask=np.arange(1_344) % 10 == 0)}
    reference = build_from(tmp_path, TIMED, untimed, plan=HOURS)
    assert reference.notes[0] == (
        "rows without a usable time: 153; the calibration leaves them out"
    )
    assert reference.total.records == 1_344
    assert reference.days == pytest.approx(14, abs=0.3)
    assert reference.records_per_block[""] == pytest.approx((1_344 - 153) / 331, rel=0.01)


def test_data_without_a_time_are_not_calibrated_and_that_is_said(tmp_path):
    columns = rows_of(336, 3_600_000, 4)
    reference = build_from(tmp_path, NUMBERS, columns, plan=HOURS)
    assert not reference.calibrated
    assert reference.days is None
    assert reference.notes[0] == (
        "no time order: nothing pages for the first 14d (warm_up) while driftd learns the stream; "
        "name the time column with --time if the data have one"
    )


def test_the_column_of_the_time_can_be_named(tmp_path):
    columns = rows_of(336, 3_600_000, 4)
    texts = np.datetime_as_string(columns["ts"].astype("datetime64[ms]")).tolist()
    reference = build_from(tmp_path, NUMBERS, {**columns, "ts": texts}, plan=HOURS, time="ts")
    assert reference.calibrated
    with pytest.raises(DataError, match=r"data\.parquet: no column when; there are: a, b, c, "):
        build_from(tmp_path, NUMBERS, columns, plan=HOURS, time="when")


def test_ten_days_are_too_few(tmp_path):
    reference = build_from(tmp_path, TIMED, rows_of(240, 3_600_000, 4), plan=HOURS)
    assert not reference.calibrated
    assert reference.days == pytest.approx(10, abs=0.1)
    assert reference.notes[0].startswith(
        "the rows span 10.0 days, a calibration needs 14: nothing pages for the first 14d"
    )


def test_without_a_warm_up_records_count_as_independent(tmp_path):
    plan = plan_of(3_600_000, warm_up=0)
    reference = build_from(tmp_path, NUMBERS, rows_of(10, 3_600_000, 4), plan=plan)
    assert reference.notes[0].startswith(
        "no time order: records count as independent of one another (warm_up is 0); name"
    )


def test_blocks_of_rows_are_in_the_order_of_the_files(tmp_path):
    columns = rows_of(336, 3_600_000, 5, wander=0.5)
    reference = build_from(tmp_path, NUMBERS, columns, plan=plan_of(5, by_rows=True))
    calibration, _ = location(reference)
    assert calibration.replay.blocks == 168
    assert calibration.days == 0
    assert calibration.inflation.parts[0][0] > 1.5
    assert reference.days is None
    assert reference.records_per_block == {"": 5}


def test_too_few_blocks_of_rows_are_not_calibrated(tmp_path):
    columns = rows_of(300, 3_600_000, 1)
    reference = build_from(tmp_path, NUMBERS, columns, plan=plan_of(5, by_rows=True))
    assert reference.notes[0] == (
        "300 rows are 60 blocks of 5, a calibration needs 64: nothing pages for the first 336 "
        "blocks (warm_up) while driftd learns the stream; build from more rows if there are any, "
        "in their order"
    )


def test_nights_without_records_are_no_blocks(tmp_path):
    columns = rows_of(336, 3_600_000, 6)
    by_day = columns["ts"] // 3_600_000 % 24 >= 8
    open_hours = {name: values[by_day] for name, values in columns.items()}
    reference = build_from(tmp_path, TIMED, open_hours, plan=HOURS)
    assert location(reference)[0].replay.blocks == 14 * 16 // 2
    assert reference.records_per_block[""] == pytest.approx(6, rel=0.01)


def test_where_blocks_are_very_many_a_few_are_counted_at_a_time(tmp_path, monkeypatch):
    columns = rows_of(336, 3_600_000, 4)
    monkeypatch.setattr(unit_sums, "MOST_UNITS", 200)
    reference = build_from(tmp_path, TIMED, columns, plan=HOURS)
    calibration, _ = location(reference)
    assert calibration.inflation.lengths[:3].tolist() == [2, 4, 6]
    assert calibration.replay.blocks == 168
    assert reference.records_per_block[""] == pytest.approx(4)
    assert (
        "so many blocks were counted 2 at a time: windows shorter than 2h count"
        in reference.notes[0]
    )


def test_each_segment_is_calibrated_where_it_has_blocks_enough(tmp_path):
    columns = rows_of(336, 3_600_000, 12)
    rows = np.arange(len(columns["ts"]))
    countries = np.where(rows % 3 == 0, "DE", np.where(rows % 3 == 1, "FR", "IT"))
    countries[:20] = "AT"
    columns = {**columns, "country": countries}
    doing = []
    reference = build_from(
        tmp_path,
        replace(TIMED, segment=("country",)),
        columns,
        plan=HOURS,
        segment_values=["DE", "AT"],
        doing=doing.append,
    )
    assert list(reference.learned) == ["", "DE", "AT", REST]
    assert reference.learned_for("FR") is reference.learned[REST]
    calibrated = {name for name, each in reference.learned.items() if each.calibration}
    assert calibrated == {"", "DE", REST}
    assert not reference.calibrated
    assert doing == [
        "calibrating", "calibrating segment DE", "calibrating segment AT",
        "calibrating segment __other__",
    ]  # fmt: skip
    assert "segment AT: not calibrated, for the reference has 2 blocks" in reference.notes[0]
