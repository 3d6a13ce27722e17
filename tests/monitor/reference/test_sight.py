from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.columns import Columns
from detectors.evidence.inflation import Inflation
from detectors.evidence.learned import Calibration
from detectors.evidence.replay import Replay
from detectors.evidence.season import Season
from detectors.summarise import summarise
from detectors.summary import Summary
from monitor.reference.file import NOTHING_LEARNED, Reference
from monitor.reference.sight import page_threshold, sight
from monitor.schema import REST
from tests.monitor.engine.logs import PROFILE

WINDOWS = {"block": 1, "1h": 60, "1d": 1440}
BUDGET = {"page_blocks": 43_200.0, "pages": 1.0}


def summary_of(rows: int) -> Summary:
    columns = Columns(
        numeric=np.random.default_rng(3).standard_normal((rows, 2)),
        codes=np.zeros((rows, 1), dtype=np.int16),
        embeddings=(),
        invalid=np.zeros((0, 2), dtype=np.int64),
        score=np.zeros(rows),
        hashes=np.arange(rows, dtype=np.uint64),
        times=np.zeros(rows, dtype=np.int64),
        partitions=np.zeros(rows, dtype=np.int64),
        offsets=np.arange(rows),
    )
    return summarise(PROFILE, columns)


def seen_while_wandering(phi, lengths):
    """What is seen where windows up to some lengths wander phi times as much as records do."""
    raw = NOTHING_LEARNED.ratios(PROFILE, REFERENCE.total.counts, wanders=True)
    parts = np.full((len(raw.parts), len(lengths)), phi)
    inflation = replace(raw.inflation, lengths=np.array(lengths), parts=parts)
    calibration = Calibration(raw.season, inflation, whitening={}, days=30.0)
    learned = {"": replace(NOTHING_LEARNED, calibration=calibration)}
    return seen(reference=replace(REFERENCE, learned=learned))


REFERENCE = Reference(
    profile=PROFILE,
    schema_digest="1",
    total=summary_of(20_000),
    segments={"DE": summary_of(2_000), "NL": Summary.empty(PROFILE)},
    rest=Summary.empty(PROFILE),
    columns=(),
    notes=(),
    source="",
    created="",
    digest="",
)


def seen(segment="", records=1000.0, ignore_below=0.05, reference=REFERENCE, **budget):
    return sight(
        reference,
        segment,
        **{**BUDGET, **budget},
        windows=WINDOWS,
        records_per_block=records,
        ignore_below=ignore_below,
    )


@given(st.floats(1, 1e6), st.floats(1, 10))
def test_more_traffic_never_hides_a_shift(records, times):
    less, more = seen(records=records), seen(records=records * times)
    for name in WINDOWS:
        assert (more[name][:2] <= less[name][:2]).all()


@given(st.floats(0.01, 100), st.floats(1, 10))
def test_a_larger_budget_never_hides_a_shift(pages, times):
    less, more = seen(pages=pages), seen(pages=pages * times)
    for name in WINDOWS:
        assert (more[name][:2] <= less[name][:2]).all()


def test_a_shift_in_sd_is_told_for_each_feature_and_window():
    found = seen(records=200)
    assert list(found) == list(WINDOWS)
    block, hour, day = (found[name] for name in WINDOWS)
    assert (block[:2] > hour[:2]).all()
    assert (hour[:2] > day[:2]).all()
    assert day[0] == pytest.approx(0.06, abs=0.02)


def test_features_without_an_order_have_no_shift():
    assert all(np.isnan(shifts[2]) for shifts in seen().values())


def test_a_segment_is_compared_with_its_own_rows():
    assert seen("DE")["1d"][0] > 2 * seen("")["1d"][0]


def test_a_segment_without_rows_sees_nothing():
    assert all(np.isinf(shifts[:2]).all() for shifts in seen("NL").values())


def test_a_stream_that_wanders_hides_larger_shifts():
    calm, restless = seen_while_wandering(1.0, [2000]), seen_while_wandering(9.0, [2000])
    for name in WINDOWS:
        assert (restless[name][:2] > 1.5 * calm[name][:2]).all()


def test_what_shorter_windows_see_is_seen_where_longer_ones_cannot_be_told_of():
    found = seen_while_wandering(1.0, [1, 60])
    assert np.isfinite(found["1h"][:2]).all()
    assert (found["1d"][:2] <= found["1h"][:2]).all()


def test_what_the_owner_ignores_is_not_seen():
    assert (seen(ignore_below=0.7)["1d"][:2] == 0.7).all()


def test_two_records_a_block_show_nothing_within_one():
    assert np.isinf(seen(records=2)["block"][:2]).all()


def test_the_streams_of_segments_share_the_budget():
    alone = page_threshold(REFERENCE, "", 43_200, 1)
    assert alone == pytest.approx(np.log(43_200))
    for segment in ("DE", "NL", REST):
        assert page_threshold(REFERENCE, segment, 43_200, 1) == pytest.approx(alone + np.log(3))


@pytest.mark.parametrize(("pages", "threshold"), [(0, np.log(43_200)), (5, 13.5)])
def test_a_replay_that_paged_too_often_raises_the_threshold(pages, threshold):
    calibration = Calibration(
        Season.none(0),
        Inflation.none(0, 0, 0),
        whitening={},
        days=30.0,
        replay=Replay(pages, blocks=43_200, highest=13.5),
    )
    learned = {"": replace(NOTHING_LEARNED, calibration=calibration)}
    replayed = replace(REFERENCE, learned=learned)
    assert page_threshold(replayed, "", 43_200, 1) == pytest.approx(threshold)
