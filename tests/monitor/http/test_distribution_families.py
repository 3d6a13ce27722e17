"""The shares of records in a few bins, as Prometheus gets them."""

from dataclasses import replace

import numpy as np
import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.http.distribution_families import NAME, DistributionText, shown_window
from tests.monitor.http.views import a_calm_stream, a_drifted, a_stream, a_summary, a_window
from tests.parts.prometheus import check_metrics


def samples_of(*streams, most_features: int = 200) -> list:
    text = b"".join(DistributionText(most_features).render(streams)).decode()
    (family,) = text_string_to_metric_families(text)
    return family.samples


def test_every_bin_of_a_feature_is_told_for_both_sides():
    samples = samples_of(a_stream(features=1))
    own = {"model": "credit", "version": "7", "segment": "DE", "feature": "feature_0"}
    assert all(own.items() <= sample.labels.items() for sample in samples)
    by_side = {
        side: [sample.labels["bin"] for sample in samples if sample.labels["of"] == side]
        for side in ("reference", "current")
    }
    assert by_side["reference"] == by_side["current"] == sorted(by_side["current"])
    assert len(by_side["current"]) == 10
    assert (by_side["current"][0], by_side["current"][-1]) == ("01: below 0", "10: missing")


def test_the_shares_of_each_side_sum_to_one():
    samples = samples_of(a_stream(features=3))
    totals = {}
    for sample in samples:
        key = (sample.labels["feature"], sample.labels["of"])
        totals[key] = totals.get(key, 0.0) + sample.value
    assert len(totals) == 6
    assert list(totals.values()) == pytest.approx([1] * 6)


def test_drifted_features_come_first_and_then_those_with_the_most_evidence():
    stream = a_stream(
        features=6,
        drifted=(a_drifted("feature_5"), a_drifted("feature_2")),
        feature_evidence=np.array([0.5, 3.0, 0.1, np.nan, 2.0, 1.0, np.nan]),
    )
    told = {sample.labels["feature"] for sample in samples_of(stream, most_features=4)}
    assert told == {"feature_5", "feature_2", "feature_1", "feature_4"}


def test_no_more_than_twenty_features_are_told():
    samples = samples_of(a_calm_stream(features=200))
    assert len({sample.labels["feature"] for sample in samples}) == 20
    assert len(samples) == 20 * 10 * 2


def test_the_current_side_is_the_shortest_window_of_records_enough():
    rng = np.random.default_rng(0)
    sizes = {"block": 499, "1h": 600, "1d": 9000}
    windows = tuple(
        replace(a_window(name, 1, rng), records=records) for name, records in sizes.items()
    )
    assert shown_window(windows).name == "1h"
    assert shown_window(windows[:1]).name == "block"
    assert shown_window(()) is None


def test_a_new_block_is_told_and_the_text_of_a_known_one_is_kept():
    text = DistributionText(200)
    old, new = a_stream(seed=1), a_stream(seed=2)
    first = list(text.render([old]))
    assert list(text.render([old]))[1] is first[1]
    assert list(text.render([new]))[1] != first[1]


def test_a_window_without_a_record_is_not_told():
    stream = a_stream(features=1, window_names=("block",))
    (window,) = stream.windows
    empty = replace(window, records=0, summary=a_summary(1, 0, np.random.default_rng(0)))
    samples = samples_of(replace(stream, windows=(empty,)))
    assert {sample.labels["of"] for sample in samples} == {"reference"}


def test_the_family_has_no_fault_that_promtool_knows():
    text = b"".join(DistributionText(200).render([a_stream(segment='a"\\\n')]))
    assert check_metrics(text) == (0, "")
    assert text.startswith(f"# HELP {NAME} ".encode())
