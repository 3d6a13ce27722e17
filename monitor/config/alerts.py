"""Alerts: what the alerts that Alertmanager sends start."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, model_validator

from monitor.config.durations import Duration
from monitor.config.errors import ClashError
from monitor.config.model import ModelConfig
from monitor.config.section import SECTION


class AlertConfig(BaseModel):
    """What one kind of alert starts, for the model that its label `model` names."""

    model_config = SECTION

    match: dict[str, str] = Field(
        min_length=1,
        description="Labels that the alert must have, with these values.",
        examples=[{"alertname": "DriftdRetestOverdue"}],
    )
    retest: str | None = Field(
        None, description="The re-test of the model to run.", examples=["nightly"]
    )
    rebuild_reference: bool = Field(
        False,
        description="Build the model's reference anew from its `rebuild_from`, and take it.",
    )
    cooldown: Duration = Field(
        "6h",
        validate_default=True,
        description="The least time between two such actions for a model.",
    )

    @model_validator(mode="after")
    def _require_one_action(self) -> Self:
        if (self.retest is None) == (not self.rebuild_reference):
            found = "neither is set" if self.retest is None else "both are set"
            raise ClashError([("retest", f"and rebuild_reference: {found}; set one of the two")])
        return self


def clashing_alerts(
    alerts: Sequence[AlertConfig], models: Mapping[str, ModelConfig], token_file: Path | None
) -> Iterator[tuple[str, str]]:
    """Yield the keys of alerts that can start nothing, and why."""
    if alerts and token_file is None:
        yield "api_token_file", "is missing, and alerts are only taken with its token; name a file"
    retests = {name for model in models.values() for name in model.retests}
    for place, alert in enumerate(alerts):
        if alert.retest is not None and alert.retest not in retests:
            known = ", ".join(sorted(retests)) or "none is configured"
            yield f"alerts.{place}.retest", f"{alert.retest!r} is no re-test; one of: {known}"
        if alert.rebuild_reference and all(each.rebuild_from is None for each in models.values()):
            yield (
                f"alerts.{place}.rebuild_reference",
                "has nothing to build from; set rebuild_from of the model",
            )
