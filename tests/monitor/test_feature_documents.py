"""One feature in JSON: its distribution in the reference and now."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from detectors.coarse import CoarseBins
from detectors.rates import rates
from monitor import feature_types as types
from monitor.feature_documents import feature_detail
from monitor.view import ModelView, ReferenceView
from tests.detectors.strategies import Table, profile_of, summary_of
from tests.monitor.http.views import a_calm_stream, a_model, a_stream, a_window

RNG = np.random.default_rng(0)

REFERENCE = Table(
    numeric={"age": np.arange(3200.0)},
    categorical={"plan": ["free", "free", "pro", None] * 800},
    embeddings={"text": RNG.normal(size=(3200, 3))},
)
NOW = Table(
    numeric={"age": np.array([-1.0, 0.0, 99.0, 5000.0, np.nan, np.nan])},
    categorical={"plan": ["free", "pro", "team", "team", None, "pro"]},
    embeddings={"text": np.array([[0.0, 0, 0], [1, 1, 1], *[[np.nan] * 3] * 4])},
    invalid=np.array([[4, 0], [5, 2]]),
)


@pytest.fixture
def model() -> ModelView:
    """One stream of a number, a category and an embedding, seen in one window."""
    profile = profile_of(REFERENCE)
    reference, now = summary_of(profile, REFERENCE), summary_of(profile, NOW)
    window = replace(
        a_window("1h", 3, RNG),
        summary=now,
        values={"psi": np.array([0.2, 0.1, np.nan, np.nan])},
        noise={"psi": np.array([0.02, 0.01, np.nan, np.nan])},
    )
    shares = rates(now, profile)
    stream = a_calm_stream(
        entries=("age", "plan", "text", ""),
        windows=(window,),
        missing=shares.missing,
        invalid=shares.invalid,
        unseen=shares.unseen,
        out_of_range=shares.out_of_range,
        feature_evidence=np.array([3.0, 1.0, np.nan, np.nan]),
        feature_effect=np.array([0.25, 0.1, np.nan, np.nan]),
        reference=ReferenceView(profile, reference, CoarseBins.of(profile, reference.counts)),
    )
    return a_model(streams=(stream,))


def detail(model: ModelView, feature: str) -> types.FeatureDetail:
    return msgspec.convert(feature_detail(model, feature), types.FeatureDetail)


def test_a_number_is_told_in_the_bins_of_the_reference(model):
    age = detail(model, "age")
    assert (age.model, age.kind, age.reference) == ("credit", "numeric", "sha256:3f2a")
    assert len(age.bins) == 34
    first, last = age.bins[0], age.bins[-1]
    assert (first.name, first.above, first.to) == ("below 0", None, np.nextafter(0.0, -1.0))
    assert (last.name, last.above, last.to) == ("above 3199", 3199.0, None)
    assert all(a.to == b.above for a, b in zip(age.bins, age.bins[1:], strict=False))


def test_records_are_counted_in_each_bin_and_beside_them(model):
    (stream,) = detail(model, "age").streams
    assert stream.reference == types.Histogram(3200, [0, *[100] * 32, 0], 0, 0, None)
    now = stream.windows[0].histogram
    assert (now.records, now.missing, now.invalid, now.unseen) == (6, 2, 1, None)
    assert (now.counts[:2], now.counts[-1], sum(now.counts)) == ([1, 2], 1, 4)


def test_categories_are_named_and_those_never_seen_are_counted_apart(model):
    plan = detail(model, "plan")
    assert (plan.kind, [each.category for each in plan.bins]) == ("categorical", ["free", "pro"])
    (stream,) = plan.streams
    assert stream.reference == types.Histogram(3200, [1600, 800], 800, 0, 0)
    assert stream.windows[0].histogram == types.Histogram(6, [1, 2], 1, 0, 2)


def test_rarer_categories_are_one_bin(model):
    (stream,) = model.streams
    crowded = replace(stream.reference.profile, others=(frozenset({"trial"}),))
    reference = replace(stream.reference, profile=crowded)
    plan = detail(replace(model, streams=(replace(stream, reference=reference),)), "plan")
    assert plan.bins[-1] == types.Bin("rarer ones")


def test_an_embedding_has_no_bins_and_its_missing_values_are_counted(model):
    text = detail(model, "text")
    assert (text.kind, text.bins) == ("embedding", [])
    assert text.streams[0].windows[0].histogram == types.Histogram(6, [], 4, 1, None)
    assert text.streams[0].windows[0].words == ""


def test_a_window_tells_its_statistics_with_their_noise_and_what_changed_in_words(model):
    (window,) = detail(model, "age").streams[0].windows
    assert window.statistics["psi"].value == 0.2
    assert window.statistics["psi"].noise == 0.02
    assert (window.name, window.start) == ("1h", "2026-01-05T00:00:00Z")
    halved = replace(REFERENCE, numeric={"age": REFERENCE.numeric["age"] / 2})
    shifted = summary_of(profile_of(REFERENCE), halved)
    moved = replace(model.streams[0].windows[0], summary=shifted)
    changed = replace(model, streams=(replace(model.streams[0], windows=(moved,)),))
    assert "shifted down by 0.87 sd" in detail(changed, "age").streams[0].windows[0].words


def test_evidence_effect_and_shares_are_those_of_the_model_document(model):
    (stream,) = detail(model, "plan").streams
    assert (stream.evidence, stream.effect_sd, stream.drifted) == (1.0, 0.1, None)
    assert (stream.missing_ratio, stream.unseen_ratio) == (1 / 6, 2 / 6)
    assert stream.out_of_range_ratio is None


def test_a_feature_that_drifted_says_so():
    model = a_model(streams=(a_stream(segment="DE"), a_calm_stream(segment="FR")))
    german, french = detail(model, "feature_0").streams
    assert (german.segment, german.drifted) == ("DE", "shifted down by 0.41 sd")
    assert (french.segment, french.drifted) == ("FR", None)


@pytest.mark.parametrize("name", ["none", ""])
def test_what_is_no_feature_is_not_told(model, name):
    with pytest.raises(KeyError):
        feature_detail(model, name)
