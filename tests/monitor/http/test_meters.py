import pytest
from prometheus_client import CollectorRegistry

from monitor.http.meters import STAGES, Meters


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def meters(registry: CollectorRegistry) -> Meters:
    return Meters(registry)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_is_measured_even_if_it_fails(meters, registry, stage):
    with meters.stage(stage):
        pass
    with pytest.raises(ZeroDivisionError), meters.stage(stage):
        raise ZeroDivisionError
    count = registry.get_sample_value("driftd_batch_duration_seconds_count", {"stage": stage})
    assert count == 2


def test_snapshots_are_counted_by_outcome(meters, registry):
    meters.snapshot_written(duration_s=0.2, size_bytes=1000, at_s=1_767_571_200.0)
    meters.snapshot_failed()
    meters.snapshot_failed()
    told = registry.get_sample_value
    assert told("driftd_snapshots_total", {"outcome": "success"}) == 1
    assert told("driftd_snapshots_total", {"outcome": "failure"}) == 2
    assert told("driftd_snapshot_duration_seconds_sum") == pytest.approx(0.2)
    assert told("driftd_snapshot_size_bytes") == 1000
    assert told("driftd_snapshot_last_success_timestamp_seconds") == 1_767_571_200


def test_the_daemon_is_reached_at_one_address(meters, registry):
    name = "driftd_external_url_info"
    meters.reached_at("http://old")
    meters.reached_at("https://driftd.example")
    assert registry.get_sample_value(name, {"url": "https://driftd.example"}) == 1
    assert registry.get_sample_value(name, {"url": "http://old"}) is None


@pytest.mark.usefixtures("meters")
def test_no_histogram_has_more_than_twelve_buckets(registry):
    for family in registry.collect():
        buckets = {each.labels["le"] for each in family.samples if "le" in each.labels}
        assert len(buckets) <= 12


def test_a_reload_that_was_refused_leaves_the_time_of_the_last_good_one(meters, registry):
    meters.configuration_taken(at_s=1_767_571_200.0)
    meters.configuration_refused()
    told = registry.get_sample_value
    assert told("driftd_config_last_reload_successful") == 0
    assert told("driftd_config_last_reload_success_timestamp_seconds") == 1_767_571_200
    meters.configuration_taken(at_s=1_767_571_260.0)
    assert told("driftd_config_last_reload_successful") == 1


def test_actions_of_alerts_are_counted_from_nought_on(meters, registry):
    meters.alert_action_ended("rebuild_reference", success=False)

    def told(action: str, outcome: str) -> float:
        labels = {"action": action, "outcome": outcome}
        return registry.get_sample_value("driftd_alert_actions_total", labels)

    assert (told("rebuild_reference", "failure"), told("retest", "success")) == (1, 0)
