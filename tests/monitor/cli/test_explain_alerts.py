from monitor.cli.explain_alerts import explain_alerts, outline_alerts
from tests.monitor.config.files import settings_with
from tests.monitor.config.test_alerts import RIGHT


def test_what_alerts_start_is_told(tmp_path):
    outlined = outline_alerts(settings_with(tmp_path, RIGHT))
    assert [each["action"] for each in outlined] == ["nightly", "rebuild_reference"]
    assert list(explain_alerts(outlined)) == [
        "alert alertname=DriftdRetestOverdue: runs the re-test nightly of its model, "
        "once in 6h at most",
        "alert alertname=Moved: rebuilds the reference of its model, once in 1d at most",
    ]
