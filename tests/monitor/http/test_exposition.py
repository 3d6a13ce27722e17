import math
import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from monitor.http.exposition import Exposition
from monitor.http.feature_families import FAMILIES, FeatureText
from monitor.http.meters import Meters
from monitor.view import Board, View
from tests.monitor.http.plain import PlainFeatureCollector
from tests.monitor.http.views import (
    START_MS,
    a_calm_stream,
    a_drifted,
    a_labelled_model,
    a_model,
    a_performance,
    a_source,
    a_stream,
    a_view,
    a_window,
)
from tests.parts.prometheus import check_metrics

FEATURE_FAMILIES = {name for name, _ in FAMILIES}


def exposition_of(view: View, **options) -> Exposition:
    board, registry = Board(), CollectorRegistry()
    Meters(registry)
    board.publish(view)
    return Exposition(board, registry, **options)


def scrape(view: View, **options) -> bytes:
    return exposition_of(view, **options).render()


def samples(text: bytes) -> dict:
    """Return every sample of a scrape, by its name and labels."""
    found = [
        ((sample.name, frozenset(sample.labels.items())), sample.value)
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    ]
    assert len(found) == len(dict(found)), "a series is there twice"
    return dict(found)


def plain_samples(view: View) -> dict:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in PlainFeatureCollector(view).collect()
        for sample in family.samples
    }


def of_features(found: dict) -> dict:
    return {key: value for key, value in found.items() if key[0] in FEATURE_FAMILIES}


def value_of(found: dict, name: str, **labels: str) -> float:
    return found[(name, frozenset(labels.items()))]


labels = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, -0.0, 1e16, 1e-7])


@st.composite
def streams(draw):
    """Streams of any labels and numbers, with nan in any place."""
    entries = tuple(draw(st.lists(labels, min_size=1, max_size=5, unique=True)))

    def values():
        return np.array(draw(st.lists(numbers, min_size=len(entries), max_size=len(entries))))

    names = draw(st.lists(labels, max_size=2, unique=True))
    statistics = draw(st.lists(labels, max_size=2, unique=True))
    window = a_window("", 4, np.random.default_rng(0))
    windows = tuple(
        replace(
            window,
            name=name,
            values={statistic: values() for statistic in statistics},
            noise={statistic: values() for statistic in statistics},
        )
        for name in names
    )
    return replace(
        a_calm_stream(version=draw(labels), segment=draw(labels)),
        entries=entries,
        windows=windows,
        feature_evidence=values(),
        feature_effect=values(),
        missing=values(),
        invalid=values(),
        unseen=values(),
        out_of_range=values(),
    )


@settings(max_examples=50, deadline=None)
@given(streams())
def test_feature_families_are_what_prometheus_client_would_write(stream):
    view = View(models=(a_model(streams=(stream,)),))
    assert of_features(samples(scrape(view))) == plain_samples(view)


def test_every_sample_of_many_streams_is_what_prometheus_client_would_write():
    view = a_view(count=7, features=20)
    found = of_features(samples(scrape(view)))
    assert found == plain_samples(view)
    assert len(found) == 7 * (3 * 2 * (6 * 20 + 1) + (2 + 3) * 20)


def test_the_format_has_no_fault_that_promtool_knows():
    status, said = check_metrics(scrape(a_view(count=2)))
    assert (status, said) == (0, "")


def test_the_format_has_no_fault_with_labels():
    models = (a_labelled_model("a"), a_model("b"), a_labelled_model("c"))
    status, said = check_metrics(scrape(a_view(models=models)))
    assert (status, said) == (0, "")


def test_half_a_surrogate_pair_in_a_class_fails_no_scrape():
    performance = a_performance(classes=("no", "\ud800"))
    view = a_view(models=(a_model(streams=(a_stream(performance=performance),)),))
    assert b'actual="\\\\ud800"' in scrape(view)


def test_the_format_has_no_fault_before_the_first_view():
    status, said = check_metrics(scrape(View()))
    assert (status, said) == (0, "")


def test_each_family_is_in_one_piece_with_one_help_and_one_type():
    lines = scrape(a_view(count=3)).decode().splitlines()
    heads = Counter(tuple(line.split()[1:3]) for line in lines if line.startswith("#"))
    assert set(heads.values()) == {1}
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    at = {family: place for place, family in enumerate(families)}
    places = [at[family_of(line)] for line in lines if not line.startswith("#")]
    assert places == sorted(places)


def family_of(line: str) -> str:
    name = line.split("{")[0].split(" ")[0]
    for suffix in ("_bucket", "_sum", "_count"):
        if "_duration_seconds" in name:
            name = name.removesuffix(suffix)
    return name


def test_infinities_are_written_as_go_reads_them():
    infinite = np.array([math.inf, -math.inf, 1.0, math.inf, math.nan])
    text = scrape(View(models=(a_model(streams=(a_stream(missing=infinite),)),))).decode()
    written = [line.split()[-1] for line in text.splitlines() if "driftd_missing_ratio{" in line]
    assert written == ["+Inf", "-Inf", "1.0", "+Inf"]


def test_half_a_surrogate_pair_in_a_version_fails_no_scrape():
    model = a_model(streams=(a_stream(version="\ud800"), a_stream(version="\ud801")))
    found = samples(scrape(View(models=(model,))))
    versions = {dict(key[1])["version"] for key in found if key[0] == "driftd_records_total"}
    assert versions == {r"\ud800", r"\ud801"}


def test_features_over_the_limit_are_counted_and_the_drifted_one_stays():
    stream = a_stream(features=10, drifted=(a_drifted("feature_8"),))
    found = samples(scrape(View(models=(a_model(streams=(stream,)),)), most_features=3))
    told = {dict(key[1])["feature"] for key in found if key[0] == "driftd_statistic"}
    assert told == {"feature_0", "feature_1", "feature_8", ""}
    dropped = value_of(found, "driftd_dropped_series", model="credit", version="7", segment="DE")
    assert dropped == 7 * (6 * 3 * 2 + 2 + 3)
    assert len(of_features(found)) + dropped == len(plain_samples(a_view(features=10)))


def test_as_many_features_as_the_limit_are_all_exported():
    found = samples(scrape(a_view(features=3), most_features=3))
    assert of_features(found) == plain_samples(a_view(features=3))
    assert [value for key, value in found.items() if key[0] == "driftd_dropped_series"] == [0]


def test_the_text_of_a_stream_without_a_new_block_is_kept():
    features = FeatureText(200)
    stream = a_stream()
    first = list(features.render([stream]))
    again = list(features.render([replace(stream, records=9000)]))
    assert all(old is new for old, new in zip(first, again, strict=True) if b"HELP" not in old)


@pytest.mark.parametrize("field", ["feature_evidence", "feature_effect", "drifted", "missing"])
def test_what_is_new_in_a_stream_is_told(field):
    features = FeatureText(200)
    stream = a_stream()
    list(features.render([stream]))
    new = replace(stream, **{field: getattr(a_calm_stream(seed=1), field)})
    assert list(features.render([new])) == list(FeatureText(200).render([new]))


def test_a_new_block_is_told_and_a_stream_that_is_gone_is_not():
    board = Board()
    exposition = Exposition(board, CollectorRegistry())
    for seed, segment in ((0, "DE"), (1, "DE"), (2, "FR"), (0, "DE")):
        view = a_view(models=(a_model(streams=(a_stream(segment=segment, seed=seed),)),))
        board.publish(view)
        assert of_features(samples(exposition.render())) == plain_samples(view)


def test_known_label_sets_are_exported_as_zero_from_the_start():
    model = a_model(rejects={}, streams=(a_stream(blocks={}),))
    found = samples(scrape(a_view(models=(model,), source=a_source(rebalances={}))))
    stream = {"model": "credit", "version": "7", "segment": "DE"}
    for reason in ("watermark", "idle", "end"):
        assert value_of(found, "driftd_blocks_total", reason=reason, **stream) == 0
    assert value_of(found, "driftd_rejects_total", model="credit", reason="malformed_json") == 0
    for event in ("assigned", "revoked", "lost"):
        assert value_of(found, "driftd_rebalances_total", event=event) == 0
    for stage in ("fetch", "decode", "summarise", "detect", "publish"):
        assert value_of(found, "driftd_batch_duration_seconds_count", stage=stage) == 0
    for outcome in ("success", "failure"):
        assert value_of(found, "driftd_snapshots_total", outcome=outcome) == 0
    partition = {"topic": "model_0", "partition": "0"}
    found = samples(scrape(a_view()))
    assert value_of(found, "driftd_source_lost_records_total", **partition) == 0
    assert value_of(found, "driftd_source_offset_resets_total", **partition) == 0


def test_a_model_without_a_stream_still_tells_its_reference():
    found = samples(scrape(View(models=(a_model(streams=()),))))
    own = {"model": "credit", "version": "", "segment": ""}
    info = value_of(found, "driftd_model_info", reference="sha256:3f2a", schema="9c41", **own)
    assert info == 1


def test_times_that_are_not_known_are_not_exported():
    model = a_model(watermark_ms=None, streams=(a_stream(last_block_end_ms=None, adwin=None),))
    names = {name for name, _ in samples(scrape(View(models=(model,))))}
    assert names.isdisjoint(
        {
            "driftd_watermark_timestamp_seconds",
            "driftd_last_block_timestamp_seconds",
            "driftd_adwin_mean",
        }
    )


@pytest.mark.parametrize(
    ("source", "unit", "other"), [("kafka", "records", "bytes"), ("files", "bytes", "records")]
)
def test_lag_is_told_in_the_unit_of_the_source(source, unit, other):
    found = samples(scrape(a_view(source_name=source)))
    labels = {"source": source, "topic": "model_0", "partition": "0"}
    assert value_of(found, f"driftd_source_lag_{unit}", **labels) == 5
    assert not any(name == f"driftd_source_lag_{other}" for name, _ in found)


def test_lag_in_seconds_is_the_age_of_the_newest_record_and_zero_at_the_end():
    view = a_view()
    ten_s_later = START_MS / 1000 + 10
    behind = samples(scrape(view, clock=lambda: ten_s_later))
    assert value_of(behind, "driftd_source_lag_seconds", source="kafka") == pytest.approx(10)
    at_end = replace(view, source=replace(view.source, at_end=view.source.assigned))
    idle = samples(scrape(at_end, clock=lambda: ten_s_later))
    assert value_of(idle, "driftd_source_lag_seconds", source="kafka") == 0
    nothing = samples(scrape(replace(view, newest_record_ms=None)))
    assert not any(name == "driftd_source_lag_seconds" for name, _ in nothing)


def test_a_scrape_of_a_hundred_models_takes_less_than_a_second_of_the_processor():
    exposition = exposition_of(a_view(count=100, features=50))
    start = time.thread_time()
    text = exposition.render()
    assert time.thread_time() - start < 1.0
    assert text.count(b"\n") > 180_000


def test_a_scrape_of_a_hundred_models_with_labels_takes_less_than_a_second_of_the_processor():
    models = tuple(a_labelled_model(f"model_{number}", features=50) for number in range(100))
    exposition = exposition_of(a_view(models=models))
    start = time.thread_time()
    exposition.render()
    assert time.thread_time() - start < 1.0
