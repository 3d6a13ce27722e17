"""What `driftd check` says of triggers, for machines and in a line each for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.config import Settings
from monitor.config.durations import format_duration
from monitor.config.triggers import TriggerConfig
from monitor.config.web_address import host_of


def outline_triggers(settings: Settings) -> dict[str, Any]:
    """Return the triggers and what they get, as JSON; of an address no more than its host."""
    return {
        name: {
            "receiver": trigger.receiver,
            "where": where(trigger),
            "kinds": list(trigger.kinds),
            "severity": str(trigger.severity),
            "segments": list(trigger.segments),
            "models": [each for each, model in settings.models.items() if name in model.triggers],
            "timeout": format_duration(trigger.timeout),
            "give_up_after": format_duration(trigger.give_up_after),
        }
        for name, trigger in settings.triggers.items()
    }


def explain_triggers(triggers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a line for each trigger that was outlined."""
    return [f"trigger {name}: {_say(told)}" for name, told in triggers.items()]


def _say(told: Mapping[str, Any]) -> str:
    models: Sequence[str] = told["models"]
    events = f"{', '.join(told['kinds'])} from {told['severity']} on"
    if told["segments"]:
        events += f", of {', '.join(told['segments'])}"
    users = f"of {', '.join(models)}" if models else "of no model: name it in a model's triggers"
    return f"{told['receiver'].replace('_', ' ')} at {told['where']}; {events}; {users}"


def where(trigger: TriggerConfig) -> str:
    """Return where a trigger's receiver is; paths and queries of addresses may be secret."""
    if trigger.kafka is not None:
        servers = trigger.kafka.bootstrap_servers
        brokers = "the source's cluster" if servers is None else ", ".join(servers)
        return f"topic {trigger.kafka.topic} of {brokers}"
    if trigger.command is not None:
        return trigger.command[0]
    if trigger.plugin is not None:
        return trigger.plugin.name
    if trigger.webhook is not None:
        return host_of(trigger.webhook)
    section = getattr(trigger, trigger.receiver)
    return host_of(section.url)
