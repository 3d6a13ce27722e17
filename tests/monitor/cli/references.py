"""A reference file for tests of commands that only look at one."""

from collections.abc import Sequence
from pathlib import Path

from detectors.summary import Summary
from monitor.config import ModelConfig
from monitor.reference.file import Reference, write_reference
from tests.monitor.engine.logs import PROFILE


def write_small_reference(
    model: ModelConfig, digest: str | None = None, segments: Sequence[str] = ()
) -> Path:
    """Write a reference of no rows in the model's place, for its schema or for another digest."""
    nothing = Summary.empty(PROFILE)
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
    )
    model.reference.parent.mkdir(parents=True, exist_ok=True)
    write_reference(model.reference, reference)
    return model.reference
