"""The re-tests of a model, for machines and in a few lines for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from detectors.robustness.gate_budget import alpha_per_gate
from monitor.config import ModelConfig
from monitor.config.durations import format_duration
from monitor.config.retests import RetestConfig
from monitor.retest.runs_in_period import runs_in_period


def outline_retests(model: ModelConfig) -> dict[str, Any]:
    """Return the re-tests by name, as JSON."""
    return {name: _outline(model, retest) for name, retest in model.retests.items()}


def explain_retests(told: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return what they do, in lines."""
    return [line for name, each in told.items() for line in _explain(name, each)]


def _outline(model: ModelConfig, retest: RetestConfig) -> dict[str, Any]:
    requirements, fails = len(retest.requirements), retest.false_fails
    cooldown = retest.on_alarm and format_duration(retest.on_alarm.cooldown)
    alpha = alpha_per_gate(fails.most, requirements, runs_in_period(model, retest))
    return {
        "every": retest.every,
        "timezone": retest.timezone,
        "on_alarm": cooldown,
        "requirements": requirements,
        "queries": retest.queries,
        "records": retest.records,
        "false_fails": {"most": fails.most, "per": format_duration(fails.per)},
        "alpha": alpha,
    }


def _explain(name: str, told: Mapping[str, Any]) -> Sequence[str]:
    number = told["requirements"]
    fails = told["false_fails"]
    return (
        f"re-test {name}: {_when(told)}; {number} "
        f"{'requirement' if number == 1 else 'requirements'}, at most {told['queries']:,} queries",
        f"  'failed' may be wrong {fails['most']:g} times in {fails['per']}, so with a chance of "
        f"{told['alpha']:.2g} for each requirement and run",
    )


def _when(told: Mapping[str, Any]) -> str:
    times = []
    if told["every"] is not None:
        times.append(f"every {told['every']} ({told['timezone']})")
    if told["on_alarm"] is not None:
        times.append(f"after a page, {told['on_alarm']} apart at least")
    return " and ".join(times) or "when asked for"
