from dataclasses import replace

import numpy as np
import pytest

from detectors.adwin import Cut
from detectors.evidence.alarm import Change, Level
from detectors.evidence.budget import Budget
from detectors.evidence.cut import evidence_of_cut
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import Source
from detectors.evidence.history import History
from detectors.evidence.learned import Learned
from detectors.evidence.learner import FEWEST_UNITS, UNITS, WITHIN_BLOCKS, Learner, mean_clock
from detectors.evidence.season import DAY_MS, place_by_clock
from detectors.evidence.streams import Kind
from detectors.evidence.watch import Watch
from tests.detectors.evidence.streams_of_data import BLOCK_MS, Records, Stream, count, draw

BUDGET = Budget(pages=1, per_ms=30 * DAY_MS, block_ms=BLOCK_MS)
DAY = DAY_MS // BLOCK_MS


@pytest.fixture(scope="module")
def stream():
    return Stream.of(draw(np.random.default_rng(1), 6000), ignore_below=0.05)


def watched(stream, shifts, may_alarm=True, rng=None):
    """A watch after one block a shift of the first feature, and what each of them changed."""
    rng = rng or np.random.default_rng(2)
    watch, history, changes = Watch(Detector(stream.ratios), BUDGET), History(1000), []
    for number, shift in enumerate(shifts):
        records = draw(rng, 200)
        records.numeric[:, 0] += shift
        buckets = history.push(stream.block(number, records))
        changes.append(watch.step(buckets, (), 1, may_alarm))
    return watch, changes


def test_drift_raises_one_page_that_lists_what_drifted(stream):
    watch, changes = watched(stream, [0] * 20 + [0.6] * 20)
    raised = [block for block, change in enumerate(changes) if change == Change.RAISED]
    assert all(20 <= block <= 23 for block in raised)
    assert watch.alarm.level == Level.PAGE
    assert (watch.pages, watch.paged) == (1, (raised[-1],))
    assert [each.feature for each in watch.listed] == [0]
    assert watch.listed[0].effect == pytest.approx(0.6, abs=0.15)


def test_the_list_is_kept_while_the_alarm_is_and_forgotten_with_it(stream):
    watch, changes = watched(stream, [0] * 5 + [0.8] * 3 + [0] * 60)
    assert changes[-1] == Change.NONE
    assert Change.CLEARED in changes
    assert watch.listed == ()
    assert watch.alarm.level == Level.CALM
    assert watch.pages == 1


def test_a_stream_that_warms_up_has_evidence_and_no_alarm(stream):
    watch, changes = watched(stream, [0] * 5 + [0.6] * 20, may_alarm=False)
    assert set(changes) == {Change.NONE}
    assert watch.evidence.value > watch.page_threshold(1)


def test_streams_that_share_a_budget_need_more_evidence(stream):
    watch = Watch(Detector(stream.ratios), BUDGET)
    assert watch.page_threshold(1) == pytest.approx(np.log(4320))
    assert watch.page_threshold(20) == pytest.approx(np.log(4320 * 20))
    assert watch.page_threshold(1) - watch.ticket_threshold(1) == pytest.approx(np.log(10))
    assert replace(watch, floor=12.0).page_threshold(1) == 12.0


def test_a_cut_of_adwin_has_the_hand_computed_evidence(stream):
    ratios = replace(stream.ratios, tolerance=0.0)
    cut = Cut(before=3000, after=1000, mean_before=0.4, mean_after=0.5, sd=0.25)
    found = evidence_of_cut(ratios, cut, feature=3, block=7)
    # h m = 1000 / (1 + 1/3) = 750, shift 0.4: 750 (0.4 * 0.4 - 0.4^2 / 2), prior 0.05 / 32 / 8
    assert found.value == pytest.approx(750 * 0.08 + np.log(0.05 / 32 / 8))
    assert (found.feature, found.kind, found.source) == (3, Kind.LOCATION, Source.ADWIN)
    assert found.effect == pytest.approx(0.4)


def test_a_small_cut_is_no_evidence_however_long_it_lasts(stream):
    cut = Cut(before=10**7, after=10**7, mean_before=0.4, mean_after=0.409, sd=0.25)
    assert evidence_of_cut(stream.ratios, cut, 3, 7).value == 0


def test_evidence_of_cuts_without_drift_is_at_most_one_on_average():
    # Any cut of records that do not drift: the mean of e, before its prior, is at most 1.
    rng = np.random.default_rng(3)
    ratios = replace(Stream.of(draw(rng, 1000)).ratios, tolerance=0.0, ignore_below=0.0)
    prior = np.log(0.05 / 32)
    values = []
    for _ in range(4000):
        older, newer = rng.standard_normal(400), rng.standard_normal(100)
        cut = Cut(400, 100, older.mean(), newer.mean(), 1.0)
        value = evidence_of_cut(ratios, cut, 0, 0).value
        values.append(np.exp(value - prior) if value > 0 else 0.0)
    assert np.mean(values) <= 1 + 3 * np.std(values) / np.sqrt(len(values))


def test_a_warm_up_learns_the_season_and_leaves_a_constant_offset_to_be_found():
    rng = np.random.default_rng(4)
    reference = draw(rng, 6000)
    stream = Stream.of(reference, wanders=True)
    learner = Learner(blocks=4 * DAY)
    for number in range(4 * DAY):
        records = draw(rng, 100, shift=0.4 * np.sin(2 * np.pi * number / DAY))
        records.numeric[:, 1] += 0.5
        learner.add(stream.block(number, records))
        assert learner.done(number) == (number + 1 == 4 * DAY)
    assert len(learner.units) <= UNITS
    counts = count(stream.profile, reference)
    learned = Learned.of(stream.profile, counts, reference.numeric[1::2])
    raw = learned.raw(stream.profile, counts)
    taught = replace(learned, calibration=learner.teach(raw, BLOCK_MS))
    season = taught.calibration.season
    clock = place_by_clock(DAY_MS // 4, 1)
    ratios = taught.ratios(stream.profile, counts, wanders=True)
    location = [at for at, kind in enumerate(ratios.streams.kinds) if kind == Kind.LOCATION][:4]
    assert season.sums(clock)[location] == pytest.approx(0.4, abs=0.1)
    kinds = np.array([str(kind) for kind in ratios.streams.kinds])
    across = ~np.isin(kinds, [str(kind) for kind in WITHIN_BLOCKS])
    assert np.abs(season.sums(mean_clock(learner.units.values()))[across]).max() < 1e-9
    assert taught.calibration.days == pytest.approx(4, abs=0.1)


def test_a_warm_up_waits_for_enough_records():
    rng = np.random.default_rng(5)
    stream = Stream.of(draw(rng, 1000), wanders=True)
    learner = Learner(blocks=10)
    for number in range(FEWEST_UNITS):
        assert not learner.done(number)
        learner.add(stream.block(number, draw(rng, 20)))
    assert learner.done(FEWEST_UNITS - 1)


def test_a_stream_whose_neighbours_are_alike_does_not_page_after_its_warm_up():
    # Neighbours scatter less within a block than a reference without order does: no drift.
    rng = np.random.default_rng(6)
    walk = np.zeros((300 * 20, 4))
    for at in range(1, len(walk)):
        walk[at] = 0.9 * walk[at - 1] + np.sqrt(0.19) * rng.standard_normal(4)
    shuffled = rng.permutation(walk)
    stream = Stream.of(Records(shuffled, draw(rng, len(walk)).codes), wanders=True)
    counts = stream.ratios.reference
    learned = Learned.of(stream.profile, counts, shuffled[1::2])
    learner, blocks = Learner(blocks=200), []
    for number in range(300):
        rows = Records(walk[number * 20 : number * 20 + 20], draw(rng, 20).codes)
        blocks.append(stream.block(number, rows))
    for block in blocks[:200]:
        learner.add(block)
    raw = learned.raw(stream.profile, counts)
    taught = replace(learned, calibration=learner.teach(raw, BLOCK_MS))
    detector = Detector(taught.ratios(stream.profile, counts, wanders=True))
    history = History(1000)
    highest = max(detector.step(history.push(block)).value for block in blocks[200:])
    assert highest < BUDGET.page_threshold
