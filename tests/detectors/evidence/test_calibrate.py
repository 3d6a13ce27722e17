import numpy as np
import pytest
from numpy.testing import assert_allclose

from detectors.evidence.budget import Budget
from detectors.evidence.calibrate import (
    BlockMeans,
    calibrate,
    inflation_of_dense,
    whitened_by_wandering,
)
from detectors.evidence.dense import Dense
from detectors.evidence.detector import Detector
from detectors.evidence.groups import Group
from detectors.evidence.inflation import Inflation, folds, typical_inflation, window_lengths
from detectors.evidence.replay import replayed
from detectors.evidence.season import DAY_MS, HARMONICS, Season, basis
from detectors.evidence.streams import Kind
from tests.detectors.evidence.streams_of_data import BLOCK_MS, Records, Stream, draw

DAYS, RECORDS, PAGE = 6, 100, np.log(4320)
DAY = DAY_MS // BLOCK_MS


def offsets(rng, blocks, sine, wander):
    walk = np.zeros(blocks)
    for block in range(1, blocks):
        walk[block] = 0.9 * walk[block - 1] + wander * rng.standard_normal() * np.sqrt(0.19)
    return walk + sine * np.sin(2 * np.pi * np.arange(blocks) / DAY)


def blocks_of(stream, rng, moved, first=0):
    made = []
    for number, offset in enumerate(moved, start=first):
        made.append(stream.block(number, draw(rng, RECORDS, shift=offset)))
    return made


@pytest.fixture(scope="module")
def wandering():
    """A stream with a daily sine and memory: raw bets, calibrated ones, and the blocks after."""
    rng = np.random.default_rng(21)
    moved = offsets(rng, (DAYS + 2) * DAY, sine=0.3, wander=0.15)
    past = moved[: DAYS * DAY]
    records = draw(rng, 5000)
    records.numeric[:] += past[rng.integers(0, len(past), 5000)][:, None]
    stream = Stream.of(records, wanders=True)
    seen = blocks_of(stream, rng, past)
    return stream, calibrate(stream.ratios, seen, BLOCK_MS), rng, moved[DAYS * DAY :]


def highest(ratios, blocks):
    detector, found = Detector(ratios), []
    for end in range(1, len(blocks) + 1):
        recent = blocks[max(0, end - 12) : end]
        found.append(detector.step(recent[::-1]).value)
    return max(found)


def test_a_wandering_stream_pages_raw_and_stays_quiet_calibrated(wandering):
    stream, calibrated, rng, moved = wandering
    after = blocks_of(stream, rng, moved, first=DAYS * DAY)
    assert highest(stream.ratios, after) > 2 * PAGE
    assert highest(calibrated, after) < PAGE


def test_a_calibrated_stream_still_pages_on_drift_beyond_its_wandering(wandering):
    stream, calibrated, rng, moved = wandering
    drifted = []
    for number, offset in enumerate(moved[:12], start=DAYS * DAY):
        records = draw(rng, RECORDS, shift=offset)
        records.numeric[:, 0] += 1.0
        drifted.append(stream.block(number, records))
    assert highest(calibrated, drifted) > PAGE


def test_a_replay_of_the_held_out_half_counts_pages_and_raises_the_threshold_by_the_excess(
    wandering,
):
    stream, _, rng, _ = wandering
    budget = Budget(pages=1, per_ms=30 * DAY_MS, block_ms=BLOCK_MS)
    moved = offsets(rng, 4 * DAY, sine=0.3, wander=0.15)
    calm = replayed(stream.ratios, blocks_of(stream, rng, moved), budget, longest=2 * DAY)
    assert (calm.pages, calm.blocks) == (0, 2 * DAY)
    assert calm.threshold(budget) == budget.page_threshold
    moved[3 * DAY :] += 2
    torn = replayed(stream.ratios, blocks_of(stream, rng, moved), budget, longest=2 * DAY)
    assert torn.pages >= 1
    assert torn.threshold(budget) == torn.highest > budget.page_threshold


def test_inflation_is_at_least_one_and_never_falls_with_length(wandering):
    inflation = wandering[1].inflation
    for phi in (*inflation.parts, *inflation.dense):
        assert (phi >= 1).all()
        assert (np.diff(phi) >= 0).all()
    assert (inflation.streams >= 1).all()
    assert inflation.parts[0][-1] > 5


def test_a_window_longer_than_any_measured_has_no_evidence(wandering):
    inflation = wandering[1].inflation
    lengths = np.array([1, inflation.lengths[-1] + 1])
    effective = inflation.effective(
        inflation.parts, lengths, np.array([1e3, 1e6]), np.full(len(inflation.parts), 1e5)
    )[0]
    assert effective[0] > 0
    assert effective[1] == 0


def test_independent_records_have_an_inflation_of_about_one():
    rng = np.random.default_rng(3)
    assert typical_inflation(rng.chisquare(1, (20, 4000)), 1, 1) == pytest.approx(1, abs=0.1)
    heavy = rng.standard_t(3, (20, 4000)) ** 2 / 3
    assert typical_inflation(heavy, 1, 1) > 1.2


def test_whitened_blocks_are_as_long_as_the_inflation_says_and_not_as_those_it_was_fitted_on():
    rng = np.random.default_rng(7)
    blocks, streams, records = 14 * 24, 60, 100.0

    def wandering_means(count):
        return rng.standard_normal((count, streams)) * np.sqrt(1 / records + 0.05**2)

    means = BlockMeans(
        times_ms=np.arange(blocks) * DAY_MS // 24,
        records=np.full(blocks, records),
        means=wandering_means(blocks),
        clock=np.zeros((blocks, HARMONICS)),
    )
    raw = Dense(Kind.LOCATION, slice(0, streams), np.eye(streams))
    lengths = np.array([1])
    known = whitened_by_wandering(raw, means.means, means.records)

    def length_of(scores):
        return (records * (scores @ known.whitening.T) ** 2).sum(axis=1).mean() / streams

    fresh = length_of(wandering_means(4000))
    assert length_of(means.means) < 0.98 * fresh
    inflation = inflation_of_dense(raw, known, means, means.means, lengths)[0]
    assert inflation == pytest.approx(fresh, rel=0.05)


def test_without_inflation_the_factor_is_that_of_the_references_own_error():
    none = Inflation.none(1, 0, 1)
    effective = none.effective(none.parts, np.array([7]), np.array([3000.0]), np.array([1000.0]))
    assert effective[0, 0] == pytest.approx(3000 * 1000 / 4000)


def test_the_season_of_a_sine_is_found_and_taken_off():
    times = np.arange(0, 4 * DAY_MS, BLOCK_MS)
    means = 0.2 + 0.5 * np.sin(2 * np.pi * times / DAY_MS)[:, None]
    season = Season.fit(means, basis(times), np.ones(len(times)), days=4)
    assert_allclose(season.sums(basis(times)), means, atol=1e-5)
    assert season.coefficients.shape == (1, HARMONICS)


def test_a_weekend_is_fitted_from_two_weeks_on():
    times = np.arange(0, 14 * DAY_MS, DAY_MS // 4)
    clock, ones = basis(times), np.ones(len(times))
    means = 0.3 * clock[:, 1:2]
    assert Season.fit(means, clock, ones, days=12).coefficients[0, 1] == 0
    assert Season.fit(means, clock, ones, days=13).coefficients[0, 1] == pytest.approx(0.3)


def test_a_weekend_is_told_by_the_calendar():
    monday = 4 * DAY_MS  # 1970-01-05
    weekend = basis(monday + np.arange(7) * DAY_MS)[:, 1]
    assert weekend.tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_seasonal_sums_of_merged_blocks_are_those_of_the_blocks(wandering):
    stream = wandering[0]
    rng = np.random.default_rng(4)
    blocks = [stream.block(number, draw(rng, 10 + number)) for number in range(5)]
    merged = blocks[0] + blocks[1] + blocks[2] + blocks[3] + blocks[4]
    assert np.array_equal(
        merged.clock, (blocks[3] + blocks[1]).clock + (blocks[4] + (blocks[0] + blocks[2])).clock
    )


def test_lengths_are_powers_of_two_and_three_times_them_up_to_a_quarter():
    assert window_lengths(100).tolist() == [1, 2, 3, 4, 6, 8, 12, 16, 24]
    assert window_lengths(1).tolist() == [1]


def test_a_reference_of_a_few_blocks_is_refused():
    rng = np.random.default_rng(5)
    stream = Stream.of(draw(rng, 500))
    few = [stream.block(0, Records(draw(rng, 50).numeric, draw(rng, 50).codes))]
    with pytest.raises(ValueError, match=r"1 blocks in time order, at least 16"):
        calibrate(stream.ratios, few, BLOCK_MS)


@pytest.mark.parametrize("before_midnight", [0, 1, 50, 99])
def test_both_folds_hold_a_quarter_of_the_blocks_wherever_days_begin(before_midnight):
    times = DAY_MS - before_midnight * 1000 + 1000 * np.arange(100)
    for fitted, held_out in folds(times, DAY_MS):
        assert min(len(fitted), len(held_out)) >= 25
        assert sorted([*fitted, *held_out]) == list(range(100))


def test_folds_of_many_days_alternate():
    times = DAY_MS // 4 * np.arange(56)
    fitted, held_out = next(iter(folds(times, DAY_MS)))
    assert set(fitted // 4 % 2) == {1}
    assert set(held_out // 4 % 2) == {0}


def test_a_constant_that_changes_is_seen_at_once_beside_features_that_wander():
    rng = np.random.default_rng(8)
    moved = offsets(rng, (DAYS + 1) * DAY, sine=0.5, wander=0.4)
    reference = draw(rng, 6000, features=3)
    reference.numeric[:, 2] = 7.0
    stream = Stream.of(reference, wanders=True)
    blocks = []
    for number, offset in enumerate(moved):
        records = draw(rng, RECORDS, features=3, shift=offset)
        records.numeric[:, 2] = 7.0 if number < DAYS * DAY else 6.0
        blocks.append(stream.block(number, records))
    calibrated = calibrate(stream.ratios, blocks[: DAYS * DAY], BLOCK_MS)
    assert calibrated.inflation.parts.max() > 5
    found = Detector(calibrated).step([blocks[DAYS * DAY]])
    assert found.value > PAGE
    assert found.feature == 2


def test_spikes_of_a_feature_wander_at_least_as_its_tails_do(wandering):
    _, calibrated, _, _ = wandering
    inflation, streams = calibrated.inflation, calibrated.streams
    of_tails, of_spikes = np.ones(4), {feature: [] for feature in range(4)}
    for row, part in enumerate(calibrated.parts):
        own = inflation.parts[row, 0] * inflation.streams[part.streams]
        for feature, phi in zip(streams.feature[part.streams].tolist(), own, strict=True):
            if part.kind == Kind.TAILS and part.group == Group.CONTINUOUS:
                of_tails[feature] = phi
            elif part.kind == Kind.SPIKE:
                of_spikes[feature].append(phi)
    assert (of_tails > 1).all()
    for feature, found in of_spikes.items():
        assert min(found) >= of_tails[feature] * (1 - 1e-9)
