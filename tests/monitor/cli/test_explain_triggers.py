"""`driftd check` tells where events go, and no more of an address than its host."""

from monitor.cli.explain_triggers import explain_triggers, outline_triggers
from tests.monitor.config.files import settings_with


def test_each_trigger_is_told_in_a_line(tmp_path):
    argo = {"url": "https://argo:2746/base", "namespace": "ml", "template": "t"}
    brokers = ["a:9092", "b:9092"]
    triggers = {
        "retrain": {
            "webhook": "https://hooks.example:8443/T0/s3cret?token=1",
            "secret_file": "s",
            "segments": ["DE", "FR"],
            "severity": "page",
        },
        "bus": {"kafka": {"topic": "driftd.events"}, "kinds": ["alarm", "alarm_cleared"]},
        "other": {"kafka": {"topic": "e", "bootstrap_servers": brokers}},
        "flow": {"argo_workflows": argo},
        "page": {"command": ["/usr/bin/page", "s3cret"]},
        "mine": {"plugin": {"name": "opsgenie", "options": {"key": "s3cret"}}},
    }
    used = ["retrain", "bus", "other", "flow", "page"]
    settings = settings_with(tmp_path, {"triggers": triggers, "models.credit.triggers": used})
    usual = "alarm, performance_drop, retest_failed"
    told = outline_triggers(settings)
    lines = explain_triggers(told)
    assert lines == [
        f"trigger retrain: webhook at https://hooks.example:8443; {usual} from page on, of DE, FR; "
        "of credit",
        "trigger bus: kafka at topic driftd.events of the source's cluster; alarm, alarm_cleared "
        "from ticket on; of credit",
        f"trigger other: kafka at topic e of a:9092, b:9092; {usual} from ticket on; of credit",
        f"trigger flow: argo workflows at https://argo:2746; {usual} from ticket on; of credit",
        f"trigger page: command at /usr/bin/page; {usual} from ticket on; of credit",
        f"trigger mine: plugin at opsgenie; {usual} from ticket on; of no model: name it in a "
        "model's triggers",
    ]
    assert "s3cret" not in f"{lines}{told}"
    assert (told["page"]["timeout"], told["page"]["give_up_after"]) == ("10s", "1d")
