"""The main job, end to end: a foreign client's records become drift that Prometheus can query."""

import shutil
import subprocess
from collections.abc import Sequence

from tests.e2e.small_model import build, configure, counted, kafka, lines
from tests.parts.daemon import DaemonProcess
from tests.parts.prometheus import Prometheus, check_metrics

HALF = 6_000
STEP_MS = 20
"""Event time between two records: a half is two blocks of a minute."""

STILL = {"warm_up": "0s"}
"""The records are drawn one by one: there is nothing to learn before a page."""

OVER_NOISE = (
    'driftd_statistic{{statistic="psi", window="{window}"}} '
    '> {times} * driftd_statistic_noise{{statistic="psi", window="{window}"}}'
)

SHARE_OF_PAGE = 'driftd_evidence / ignoring(severity) driftd_evidence_threshold{severity="page"}'


def send_with_kcat(bootstrap: str, topic: str, values: Sequence[bytes]) -> None:
    """Produce records with Debian's kcat, compressed, to partitions of its own choice."""
    program = shutil.which("kcat")
    assert program is not None, "kcat is not installed; run 'make parts' or 'apt-get install kcat'"
    command = [program, "-P", "-b", bootstrap, "-t", topic, "-z", "lz4"]
    subprocess.run(command, input=b"\n".join(values), capture_output=True, check=True, timeout=60)


def features_over(prometheus: Prometheus, window: str, times: float) -> set[str]:
    """The features whose PSI is over so many times its noise, as Prometheus tells."""
    answer = prometheus.query(OVER_NOISE.format(window=window, times=times))
    return {series["metric"]["feature"] for series in answer}


def active_pages(prometheus: Prometheus) -> float:
    """How many streams have a page."""
    return prometheus.value('sum(driftd_alarm_active{severity="page"})')


def test_a_shifted_feature_of_a_kafka_topic_is_what_a_query_finds_drifted(broker, topic, tmp_path):
    name = topic(partitions=3)
    config = configure(tmp_path / "driftd.yaml", kafka(broker.bootstrap, name), name, STILL)
    build(config)
    send_with_kcat(broker.bootstrap, name, lines(HALF, seed=7, step_ms=STEP_MS))
    with DaemonProcess(config) as daemon:
        target = daemon.address().removeprefix("http://")
        with Prometheus(tmp_path, target) as prometheus:
            daemon.wait_for(lambda: counted(daemon.get("/api/v1/models/m")) == HALF)
            prometheus.wait_for_scrapes(2)
            assert prometheus.value("sum(driftd_records_total)") == HALF
            for window in ("block", "2m"):
                assert features_over(prometheus, window, times=5) == set()
            assert active_pages(prometheus) == 0
            assert 0 <= prometheus.value(SHARE_OF_PAGE) < 0.5

            after = lines(HALF, seed=8, first=HALF, step_ms=STEP_MS, b_shift=1)
            send_with_kcat(broker.bootstrap, name, after)
            daemon.wait_for(lambda: counted(daemon.get("/api/v1/models/m")) == 2 * HALF)
            prometheus.wait_for_scrapes(2)
            assert prometheus.value("sum(driftd_records_total)") == 2 * HALF
            for window in ("block", "2m"):
                assert features_over(prometheus, window, times=20) == {"b"}
                assert features_over(prometheus, window, times=5) == {"b"}
            assert prometheus.value("sum(driftd_drifted_features)") == 1
            assert active_pages(prometheus) == 1
            assert prometheus.value('sum(driftd_alarms_total{severity="page"})') == 1
            effects = {
                series["metric"]["feature"]: float(series["value"][1])
                for series in prometheus.query("driftd_feature_effect")
            }
            assert max(effects, key=effects.__getitem__) == "b"
            assert 0.5 < effects["b"] < 1.5

            assert prometheus.value("min_over_time(up[1h])") == 1
            assert prometheus.target_state()["lastError"] == ""
            assert "level=warn" not in prometheus.log()
        assert check_metrics(daemon.metrics().encode()) == (0, "")
        assert daemon.terminate() == 0
