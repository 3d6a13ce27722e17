import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.cells import MISSING, UNSEEN
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import JOINT, Evidence
from detectors.evidence.streams import Kind
from tests.detectors.evidence.streams_of_data import Records, Stream, draw

PAGE = np.log(4320)


@pytest.fixture(scope="module")
def stream():
    return Stream.of(draw(np.random.default_rng(1), 5000))


def evidence_of(stream, records, since=0):
    return Detector(stream.ratios).step([stream.block(0, records)], since)


def test_calm_blocks_hold_no_evidence_of_a_pages_size(stream):
    rng = np.random.default_rng(2)
    assert max(evidence_of(stream, draw(rng, 500)).value for _ in range(50)) < PAGE


@pytest.mark.parametrize(
    ("change", "kind", "feature"),
    [
        ("shift", Kind.LOCATION, 0),
        ("stretch", Kind.SCALE, 0),
        ("modes", Kind.TAILS, 0),
        ("spike", Kind.SPIKE, 1),
        ("missing", Kind.MISSING, 0),
        ("outside", Kind.OUTSIDE, 0),
        ("level", Kind.CATEGORY, 4),
        ("unseen", Kind.UNSEEN, 4),
        ("correlation", Kind.CORRELATION, JOINT),
    ],
)
def test_a_page_names_the_feature_and_the_kind_of_change(stream, change, kind, feature):
    rng = np.random.default_rng(3)
    records = draw(rng, 3000)
    first, some = records.numeric[:, 0], rng.random(3000)
    if change == "shift":
        first += 0.3
    elif change == "stretch":
        first *= 1.3
    elif change == "modes":
        first[:] = 0.6 * first + 0.8 * np.where(some < 0.5, -1, 1)
    elif change == "spike":
        records.numeric[some < 0.1, 1] = 0.5
    elif change == "missing":
        first[some < 0.03] = np.nan
    elif change == "outside":
        first[some < 0.01] = 9.0
    elif change == "level":
        records.codes[(records.codes == 0) & (some < 0.3)] = 2
    elif change == "unseen":
        records.codes[some < 0.02] = UNSEEN
    else:
        records.numeric[:] = rng.standard_normal(records.numeric.shape)
    found = evidence_of(stream, records)
    assert found.value >= PAGE
    assert (found.kind, found.feature) == (kind, feature)


def test_the_effect_of_a_shift_is_about_its_size_in_sd(stream):
    records = draw(np.random.default_rng(4), 3000)
    records.numeric[:, 2] -= 0.4
    found = evidence_of(stream, records)
    assert found.effect == pytest.approx(-0.4, abs=0.05)
    assert found.psi == pytest.approx(0.16, abs=0.05)


def test_many_small_shifts_page_together_before_any_does_alone():
    rng = np.random.default_rng(6)
    stream = Stream.of(draw(rng, 20_000, features=40))
    records = draw(rng, 1500, features=40)
    records.numeric[:] += np.where(np.arange(40) % 2, 0.08, -0.08)
    found = evidence_of(stream, records)
    assert found.value >= PAGE
    assert (found.kind, found.feature) == (Kind.MANY, JOINT)


def test_evidence_does_not_depend_on_a_monotone_transform_of_a_feature():
    rng = np.random.default_rng(7)
    reference, window = draw(rng, 3000), draw(rng, 800, shift=0.05)
    plain = Stream.of(reference)
    bent = Stream.of(Records(np.exp(reference.numeric) ** 3, reference.codes))
    before = Detector(plain.ratios)
    after = Detector(bent.ratios)
    counted = plain.block(0, window)
    again = bent.block(0, Records(np.exp(window.numeric) ** 3, window.codes))
    assert np.array_equal(counted.counts, again.counts)
    one = before.windows([counted]).scaled[0]
    two = after.windows([again]).scaled[0]
    own = plain.ratios.streams.feature >= 0
    assert np.array_equal(one[own], two[bent.ratios.streams.feature >= 0])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.booleans(), min_size=9, max_size=9), st.integers(0, 1000))
def test_a_window_says_the_same_however_its_blocks_were_merged(stream, cuts, seed):
    rng = np.random.default_rng(seed)
    blocks = [stream.block(number, draw(rng, 60, shift=0.3)) for number in range(10)]
    buckets = [blocks[0]]
    for block, cut in zip(blocks[1:], cuts, strict=True):
        if cut:
            buckets.append(block)
        else:
            buckets[-1] = buckets[-1] + block
    merged = Detector(stream.ratios).windows(buckets[::-1])
    apart = Detector(stream.ratios).windows(blocks[::-1])
    assert np.allclose(merged.scaled[-1], apart.scaled[-1], atol=1e-3)
    assert np.allclose(merged.whitened[-1], apart.whitened[-1])
    assert np.array_equal(merged.rare[-1], apart.rare[-1])
    assert merged.records[-1] == apart.records[-1] == 600


def test_a_detector_without_memory_gives_the_same_bits(stream):
    rng = np.random.default_rng(8)
    blocks, remembering = [], Detector(stream.ratios)
    for number in range(20):
        blocks.insert(0, stream.block(number, draw(rng, 100, shift=0.02 * number)))
        assert remembering.step(blocks) == Detector(stream.ratios).step(blocks)


def test_a_window_never_starts_before_since(stream):
    rng = np.random.default_rng(9)
    drifted = stream.block(0, draw(rng, 2000, shift=1.0))
    calm = stream.block(1, draw(rng, 100))
    assert Detector(stream.ratios).step([calm, drifted]).value > PAGE
    assert Detector(stream.ratios).step([calm, drifted], since=1).value < PAGE
    assert Detector(stream.ratios).step([calm, drifted], since=2) == Evidence()


def test_an_effect_that_the_owner_ignores_never_pages_however_many_records_show_it():
    rng = np.random.default_rng(10)
    reference, window = draw(rng, 40_000), draw(rng, 60_000, shift=0.08)
    assert evidence_of(Stream.of(reference), window).value > PAGE
    ignoring = Stream.of(reference, ignore_below=0.15)
    quiet = [each for each in [evidence_of(ignoring, window)] if each.group != "derived"]
    assert all(each.value < PAGE for each in quiet)


@pytest.mark.parametrize("records", [50, 300])
def test_a_small_reference_is_taken_as_it_is(records):
    rng = np.random.default_rng(11)
    stream = Stream.of(draw(rng, records))
    calm = [evidence_of(stream, draw(rng, 2000)).value for _ in range(20)]
    assert max(calm) < PAGE
    assert evidence_of(stream, draw(rng, 2000, shift=2.0)).value > 0


def test_a_single_record_is_a_block(stream):
    found = evidence_of(stream, draw(np.random.default_rng(12), 1))
    assert 0 <= found.value < PAGE


def test_blocks_without_records_hold_no_evidence(stream):
    assert evidence_of(stream, draw(np.random.default_rng(13), 0)) == Evidence()


def test_a_constant_that_changes_pages():
    rng = np.random.default_rng(14)
    reference, window = draw(rng, 5000), draw(rng, 500)
    reference.numeric[:, 1] = 7.0
    window.numeric[:, 1] = 8.0
    found = evidence_of(Stream.of(reference), window)
    assert found.value > PAGE
    assert (found.kind, found.feature) == (Kind.OUTSIDE, 1)


def test_a_feature_that_was_always_missing_pages_once_it_has_values():
    rng = np.random.default_rng(15)
    reference, window = draw(rng, 5000), draw(rng, 500)
    reference.numeric[:, 1] = np.nan
    stream = Stream.of(reference)
    found = evidence_of(stream, window)
    assert found.value > PAGE
    assert found.feature == 1
    window.numeric[:, 1] = np.nan
    assert evidence_of(stream, window).value < PAGE


def test_a_feature_that_goes_missing_pages(stream):
    window = draw(np.random.default_rng(16), 200)
    window.numeric[:, 1] = np.nan
    found = evidence_of(stream, window)
    assert found.value > PAGE
    assert (found.kind, found.feature, found.column) == (Kind.MISSING, 1, MISSING)
