"""A reference file for tests of commands that only look at one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from detectors.evidence.learned import Calibration, Learned
from detectors.summary import Summary
from monitor.config import ModelConfig
from monitor.reference.file import NOTHING_LEARNED, Reference, write_reference
from tests.monitor.engine.logs import PROFILE


def write_small_reference(
    model: ModelConfig,
    digest: str | None = None,
    segments: Sequence[str] = (),
    calibrated_for_ms: int | None = None,
) -> Path:
    """Write a reference of no rows in the model's place.

    digest: of another schema than the model's. calibrated_for_ms: a block.
    """
    nothing = Summary.empty(PROFILE)
    learned = NOTHING_LEARNED if calibrated_for_ms is None else calibrated(nothing)
    reference = Reference(
        profile=PROFILE,
        schema_digest=model.schema.digest if digest is None else digest,
        total=nothing,
        segments=dict.fromkeys(segments, nothing),
        rest=nothing,
        columns=(),
        notes=(),
        source="'data/train set.parquet'",
        created="2026-01-05T00:00:00Z",
        digest="",
        learned={"": learned},
        block_ms=calibrated_for_ms,
    )
    model.reference.parent.mkdir(parents=True, exist_ok=True)
    write_reference(model.reference, reference)
    return model.reference


def calibrated(summary: Summary, days: float = 30.0) -> Learned:
    """Return what a summary's records teach if they do not depend on one another in time."""
    ratios = NOTHING_LEARNED.ratios(PROFILE, summary.counts, wanders=True)
    calibration = Calibration(ratios.season, ratios.inflation, whitening={}, days=days)
    return replace(NOTHING_LEARNED, calibration=calibration)
