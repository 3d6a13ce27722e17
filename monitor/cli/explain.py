"""What a configuration will monitor, for machines and in a few lines for people."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from monitor.cli.explain_alarms import explain_alarms, outline_alarms
from monitor.cli.explain_alerts import explain_alerts, outline_alerts
from monitor.cli.explain_http import explain_http, outline_http
from monitor.cli.explain_labels import explain_labels, outline_labels
from monitor.cli.explain_retests import explain_retests, outline_retests
from monitor.cli.explain_triggers import explain_triggers, outline_triggers
from monitor.config import ModelConfig, Settings, SourceConfig
from monitor.config.durations import format_duration
from monitor.reference.file import Reference
from monitor.schema import Kind

DIGEST_SHOWN = 15


def outline(settings: Settings, references: Mapping[str, Reference]) -> dict[str, Any]:
    """Return what will be monitored, as JSON."""
    return {
        "state": str(settings.state),
        "listen": settings.listen,
        "http": outline_http(settings),
        "models": {
            name: _outline_model(model, references[name]) for name, model in settings.models.items()
        },
        "triggers": outline_triggers(settings),
        "alerts": outline_alerts(settings),
    }


def explain(config: Path, settings: Settings, references: Mapping[str, Reference]) -> list[str]:
    """Return what will be monitored, in lines."""
    outlined = outline(settings, references)
    guarded = explain_http(outlined["http"])
    lines = [
        f"{config}: no problems",
        f"  source: {_say_source(settings.source)}",
        f"  state: {settings.state}; HTTP: {settings.listen}{f' ({guarded})' if guarded else ''}",
    ]
    for name, told in outlined["models"].items():
        lines += [f"  model {name}: {_say_topics(told)}", *_explain_model(told)]
    more = [*explain_triggers(outlined["triggers"]), *explain_alerts(outlined["alerts"])]
    return [*lines, *(f"  {line}" for line in more)]


def _outline_model(model: ModelConfig, reference: Reference) -> dict[str, Any]:
    grid = model.grid
    kinds = Counter(feature.kind for feature in model.features.values())
    return {
        "topics": model.records.topics,
        "topic_pattern": model.records.topic_pattern,
        "features": {str(kind): kinds[kind] for kind in Kind},
        "prediction": str(model.records.prediction.kind),
        "block": grid.block_words,
        "lateness": None if grid.by_rows else format_duration(grid.lateness),
        "windows": [name for name, _ in grid.windows],
        "segments": list(reference.segments) if model.records.segment is not None else None,
        "reference": {
            "file": str(model.reference),
            "records": reference.total.records,
            "days": reference.days,
            "created": reference.created,
            "digest": reference.digest,
        },
        "labels": outline_labels(model, reference),
        "retests": outline_retests(model),
        **outline_alarms(model, reference),
    }


def _explain_model(told: Mapping[str, Any]) -> list[str]:
    counts = [f"{count} {kind}" for kind, count in told["features"].items() if count]
    if told["features"][Kind.TEXT]:
        counts[-1] += " (not monitored, for re-tests)"
    reference = told["reference"]
    late = "" if told["lateness"] is None else f", closed {told['lateness']} late"
    lines = [
        f"    features: {', '.join(counts)}; prediction: {told['prediction']}",
        f"    blocks of {told['block']}{late}; windows: {', '.join(told['windows'])}",
        f"    reference: {reference['file']}, {reference['records']} rows, "
        f"{reference['digest'][:DIGEST_SHOWN]}…",
    ]
    if told["segments"] is not None:
        lines.insert(2, f"    segments: {', '.join([*told['segments'], 'the rest'])}")
    if told["labels"] is not None:
        lines += [f"    {line}" for line in explain_labels(told["labels"])]
    more = [*explain_alarms(told, told["block"]), *explain_retests(told["retests"])]
    return [*lines, *(f"    {line}" for line in more)]


def _say_topics(told: Mapping[str, Any]) -> str:
    if told["topic_pattern"] is not None:
        return f"topics that match {told['topic_pattern']}"
    return f"{'topic' if len(told['topics']) == 1 else 'topics'} {', '.join(told['topics'])}"


def _say_source(source: SourceConfig) -> str:
    if source.kafka is not None:
        servers = ", ".join(source.kafka.bootstrap_servers)
        return f"Kafka at {servers}, group {source.kafka.group}"
    assert source.files is not None, "a source is Kafka or files"
    return f"files in {source.files.folder}"
