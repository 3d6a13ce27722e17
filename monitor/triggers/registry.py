"""The receivers that driftd knows; a new one is a file, its section, and a line here."""

from collections.abc import Callable

from monitor.config.settings import Settings
from monitor.config.triggers import TriggerConfig
from monitor.triggers.airflow import Airflow
from monitor.triggers.argo_events import ArgoEvents
from monitor.triggers.argo_workflows import ArgoWorkflows
from monitor.triggers.command import Command
from monitor.triggers.github import GitHub
from monitor.triggers.kafka_topic import KafkaTopic
from monitor.triggers.plugins import make_plugin
from monitor.triggers.trigger import Trigger
from monitor.triggers.webhook import Webhook

TRIGGERS: dict[str, Callable[[TriggerConfig], Trigger]] = {
    "webhook": Webhook,
    "airflow": Airflow,
    "argo_events": ArgoEvents,
    "argo_workflows": ArgoWorkflows,
    "github": GitHub,
    "command": Command,
}
"""By the key of the configuration; kafka, which may use the source's cluster, is apart."""


def make_trigger(settings: Settings, name: str) -> Trigger:
    """Return a configured trigger's receiver, by the trigger's name; connects to nothing.

    Raises PluginError where another package's receiver cannot be made.
    """
    config = settings.triggers[name]
    if config.kafka is not None:
        return KafkaTopic(settings, name)
    if config.plugin is not None:
        return make_plugin(config.plugin.name, config.plugin.options, config.timeout / 1000)
    return TRIGGERS[config.receiver](config)
