"""Predictions as columns and scores, by hand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.cells import UNSEEN
from detectors.prediction_kind import PredictionKind
from monitor.decode import compile_decoder
from monitor.decode.batch import Batch
from monitor.schema import Schema
from tests.monitor.decode.raw_records import NOW_MS, chunk_of
from tests.monitor.decode.schemas import profile_for, score


def predict(schema: Schema, *scores: object) -> Batch:
    """Decode records that hold nothing but a prediction."""
    values = [json.dumps({"score": each}).encode() for each in scores]
    decoder = compile_decoder(schema, profile_for(schema), ())
    return decoder.decode(chunk_of(values, [NOW_MS] * len(values)), NOW_MS)


def test_a_probability_is_its_own_score_and_clipped():
    batch = predict(Schema((), score(PredictionKind.PROBABILITY)), 0.25, -0.5, 7)
    assert batch.score.tolist() == [0.25, 0.0, 1.0]
    assert batch.numeric[:, 0].tolist() == [0.25, -0.5, 7.0]


def test_a_number_s_score_is_the_middle_of_its_bin_s_ranks():
    schema = Schema((), score(PredictionKind.REGRESSION))
    edges = profile_for(schema).edges[0]
    used = edges[np.isfinite(edges)]
    bins = len(used) + 1
    at_an_edge, above_it = used[4], np.nextafter(used[4], np.inf)
    scores = predict(schema, used[0] - 1, at_an_edge, above_it, used[-1] + 1).score
    assert scores == pytest.approx([0.5 / bins, 4.5 / bins, 5.5 / bins, 1 - 0.5 / bins])


def test_a_class_s_score_is_the_middle_of_its_place_among_the_levels():
    schema = Schema((), score(PredictionKind.CLASS))
    profile = profile_for(schema)
    levels, [other, *_] = profile.levels[0], sorted(profile.others[0] or ())
    scores = predict(schema, levels[0], levels[2], other, "never").score
    places = np.array([0, 2, len(levels), len(levels) + 1])
    assert scores == pytest.approx((places + 0.5) / (len(levels) + 2))


def test_the_likeliest_class_is_the_prediction_and_its_probability_the_score():
    schema = Schema((), score(PredictionKind.PROBABILITIES, "pro", "5", "new"))
    levels = profile_for(schema).levels[0]
    pro, five = levels.index("pro"), levels.index("5")
    lists = predict(schema, [0.7, 0.2, 0.1], [0.1, 0.45, 0.45], [0, 0, 1])
    assert lists.codes[:, 0].tolist() == [pro, five, UNSEEN]
    assert lists.numeric[:, 0].tolist() == lists.score.tolist() == [0.7, 0.45, 1.0]
    mixed = predict(schema, {"5": 0.6, "pro": 0.4}, [0.7, 0.2, 0.1])
    assert mixed.codes[:, 0].tolist() == [five, pro]
    assert mixed.score.tolist() == [0.6, 0.7]


@pytest.mark.parametrize("value", [[], {}, [0.5, 0.5], [1, 0, "0"], {"pro": None}, 0.7, "pro"])
def test_what_is_not_the_probability_of_each_class_is_no_prediction(value):
    schema = Schema((), score(PredictionKind.PROBABILITIES, "pro", "5", "new"))
    batch = predict(schema, value)
    assert [each.reason for each in batch.rejects] == ["invalid_prediction"]


def chances(schema: Schema, classes: tuple[str, ...], *scores: object) -> list[list[float]]:
    """Return the probabilities that are kept of some classes."""
    values = [json.dumps({"score": each}).encode() for each in scores]
    decoder = compile_decoder(schema, profile_for(schema), (), chances_of=classes)
    return decoder.decode(chunk_of(values, [NOW_MS] * len(values)), NOW_MS).chances.tolist()


LISTED = Schema((), score(PredictionKind.PROBABILITIES, "pro", "5", "new"))


def test_chances_are_kept_of_the_classes_asked_for_and_in_their_order():
    asked = ("new", "never", "pro")
    assert chances(LISTED, asked, [0.7, 0.2, 0.1]) == [[0.1, 0.0, 0.7]]
    told = chances(LISTED, asked, {"pro": 0.6, "5": 0.4}, [0.7, 0.2, 0.1])
    assert told == [[0.0, 0.0, 0.6], [0.1, 0.0, 0.7]]


def test_a_chance_that_is_no_probability_leaves_its_record_without_chances():
    told = np.array(chances(LISTED, ("pro", "5"), [1.5, 0.2, 0.1], [0.5, 0.5, 0], [0.5, -1, 0]))
    assert np.isnan(told).all(axis=1).tolist() == [True, False, True]


@given(st.lists(st.lists(st.floats(-0.1, 1.1), min_size=3, max_size=3), min_size=1, max_size=6))
def test_chances_depend_on_their_own_record_and_not_on_how_it_is_written(rows):
    asked = ("5", "pro", "never", "new")
    whole = chances(LISTED, asked, *rows)
    alone = [chances(LISTED, asked, row)[0] for row in rows]
    named = chances(
        LISTED, asked, *(dict(zip(("pro", "5", "new"), row, strict=True)) for row in rows)
    )
    np.testing.assert_array_equal(whole, alone)
    np.testing.assert_array_equal(whole, named)


def test_no_chances_are_kept_where_none_are_asked_for():
    assert chances(LISTED, (), [0.7, 0.2, 0.1]) == [[]]
