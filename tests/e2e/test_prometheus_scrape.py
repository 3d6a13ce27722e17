"""A real Prometheus scrapes driftd, stores what it exports and answers queries about it."""

from collections.abc import Callable, Iterator

import pytest
from prometheus_client import CollectorRegistry

from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.view import Board, View
from tests.monitor.http.views import a_calm_stream, a_model, a_stream, a_view, some_evidence
from tests.parts.prometheus import Prometheus

STRANGE = 'a\\b "c" {d="e",} \n\r\t\x00\x85\u2028 ü€😀 \ud800 # HELP x'
"""A version as a broken or hostile producer may write it."""

Scraped = Callable[[View], Prometheus]


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scraped]:
    """Publishes a view and returns the Prometheus that has scraped it."""
    board, registry = Board(), CollectorRegistry()
    Meters(registry)
    server = AppThread("127.0.0.1:0", build_app(board, Exposition(board, registry)))
    server.start()
    with Prometheus(tmp_path_factory.mktemp("prometheus"), server.address) as prometheus:

        def scraped(view: View) -> Prometheus:
            board.publish(view)
            prometheus.wait_for_scrapes(2)  # the first may have begun before the view was there
            assert prometheus.target_state()["lastError"] == ""
            assert prometheus.value("up") == 1
            return prometheus

        yield scraped
    server.stop()


def test_prometheus_stores_every_sample_without_complaint(scraped):
    prometheus = scraped(a_view(count=20, features=30))
    samples = prometheus.value("scrape_samples_scraped")
    assert samples == prometheus.value("scrape_samples_post_metric_relabeling")
    # One series for each, besides those that Prometheus adds of its own: up, scrape_*.
    stored = prometheus.value('count({job="driftd", __name__!~"up|scrape_.*"})')
    assert samples == stored > 20 * 30 * 6 * 3 * 2
    assert "level=warn" not in prometheus.log()


def test_a_query_over_the_drifted_features_is_answered(scraped):
    streams = (a_stream(segment="DE"), a_calm_stream(segment="FR"))
    prometheus = scraped(a_view(models=(a_model(streams=streams),)))
    drifted = prometheus.query("sum by (model, segment) (driftd_drifted_features) > 0")
    assert [series["metric"] for series in drifted] == [{"model": "credit", "segment": "DE"}]
    assert prometheus.value("sum(driftd_records_total)") == 2 * 8124


def test_active_pages_are_what_a_query_finds(scraped):
    streams = (a_stream(segment="DE"), a_calm_stream(segment="FR"))
    prometheus = scraped(a_view(models=(a_model(streams=streams),)))
    paged = prometheus.query('driftd_alarm_active{severity="page"} == 1')
    assert [series["metric"]["segment"] for series in paged] == ["DE"]


def test_evidence_can_be_compared_with_its_threshold_in_a_query(scraped):
    strong, weak = (
        a_stream(segment=segment, evidence=some_evidence(value=value), page_threshold=10.0)
        for segment, value in (("DE", 12.0), ("FR", 4.0))
    )
    prometheus = scraped(a_view(models=(a_model(streams=(strong, weak)),)))
    shares = prometheus.query(
        'driftd_evidence / on(model, version, segment) driftd_evidence_threshold{severity="page"}'
    )
    found = {series["metric"]["segment"]: float(series["value"][1]) for series in shares}
    assert found == {"DE": 1.2, "FR": 0.4}


def test_a_stream_that_is_gone_is_stale_at_the_next_scrape(scraped):
    assert scraped(a_view(models=(a_model(),))).query('driftd_statistic{model="credit"}')
    prometheus = scraped(a_view(models=(a_model(streams=()),)))
    assert prometheus.query('driftd_statistic{model="credit"}') == []
    assert prometheus.query('driftd_records_total{model="credit"}') == []


def test_versions_with_any_character_are_scraped_as_they_are(scraped):
    model = a_model(streams=(a_stream(version=STRANGE), a_stream(version="7")))
    prometheus = scraped(a_view(models=(model,)))
    for name in ("driftd_records_total", "driftd_missing_ratio"):
        versions = {each["metric"]["version"] for each in prometheus.query(name)}
        assert versions == {"7", STRANGE.replace("\ud800", r"\ud800")}
