from dataclasses import replace

import numpy as np

from detectors.evidence.detector import Detector
from detectors.evidence.evidence import JOINT
from detectors.evidence.listing import best_by_feature, drifted_features
from detectors.evidence.streams import Kind
from tests.detectors.evidence.streams_of_data import Stream, draw

FEATURES = 20


def listed(stream, *blocks):
    return drifted_features(Detector(stream.ratios), blocks)


def test_drifted_features_are_named_with_their_change_largest_effect_first():
    rng = np.random.default_rng(1)
    stream = Stream.of(draw(rng, 10_000, FEATURES))
    records = draw(rng, 2000, FEATURES)
    records.numeric[:, 3] += 0.25
    records.numeric[:, 7] -= 0.5
    records.codes[(records.codes == 0) & (rng.random(2000) < 0.3)] = 1
    found = listed(stream, stream.block(0, records))
    assert [each.feature for each in found[:2]] == [7, FEATURES]
    assert {each.feature: each.kind for each in found} == {
        7: Kind.LOCATION,
        FEATURES: Kind.CATEGORY,
        3: Kind.LOCATION,
    }
    assert found[0].effect < -0.4
    assert found[0].psi > 0.1


def test_false_discoveries_are_rare_without_drift():
    rng = np.random.default_rng(2)
    false = 0
    for _ in range(20):
        stream = Stream.of(draw(rng, 3000, 5))
        false += len(listed(stream, stream.block(0, draw(rng, 1000, 5))))
    assert false <= 1


def test_the_mean_e_value_of_a_feature_without_drift_is_at_most_one():
    rng = np.random.default_rng(3)
    values = []
    for _ in range(60):
        stream = Stream.of(draw(rng, 2000, 2))
        windows = Detector(stream.ratios).windows([stream.block(0, draw(rng, 500, 2))])
        values += np.exp(best_by_feature(stream.ratios, windows).value).tolist()
    assert np.mean(values) <= 1


def test_where_no_stream_is_of_one_feature_alone_the_rare_bins_are_listed():
    rng = np.random.default_rng(5)
    stream = Stream.of(draw(rng, 2000, 2))
    streams = stream.ratios.streams
    joint = replace(streams, feature=np.full_like(streams.feature, JOINT))
    ratios = replace(stream.ratios, streams=joint)
    windows = Detector(ratios).windows([stream.block(0, draw(rng, 500, 2))])
    assert (best_by_feature(ratios, windows).value < 5).all()


def test_nothing_is_listed_of_no_record():
    stream = Stream.of(draw(np.random.default_rng(4), 500))
    assert drifted_features(Detector(stream.ratios), []) == []
