"""What the engine of a model needs, from its configuration and its reference."""

from dataclasses import replace
from pathlib import Path

from detectors.evidence.budget import Budget
from monitor.config import ModelConfig
from monitor.engine.baseline import Baseline, Origin
from monitor.engine.error_baseline import ErrorBaseline
from monitor.engine.model import EngineSettings
from monitor.engine.performance_settings import PerformanceSettings, measured_by
from monitor.labels.facts import JoinSettings
from monitor.reference.file import Reference
from monitor.schema import REST

COOLDOWN_BLOCKS = 10
"""How long an incident must be calm where blocks are of rows."""


def engine_settings(
    name: str, config: ModelConfig, reference: Reference, state: Path, cooldown_ms: int
) -> EngineSettings:
    """Return what the engine of a model needs of its configuration and reference.

    state: the folder of the state, which label stores lie in. cooldown_ms: of incidents.
    """
    schema = config.schema
    segments = (*reference.segments, REST) if schema.segment else ("",)
    settings = EngineSettings(
        name=name,
        profile=reference.profile,
        reference_digest=reference.digest,
        schema_digest=schema.digest,
        segments=segments,
        baselines={segment: _baseline(config, reference, segment) for segment in segments},
        grid=config.grid,
        budget=_budget(config),
        period=config.budget_period,
        ignore_below=config.ignore_below,
        warm_up=config.warm_up_blocks,
        cooldown=COOLDOWN_BLOCKS if config.grid.by_rows else -(-cooldown_ms // config.block),
        has_ids=schema.id is not None,
    )
    if config.labels is None or reference.performance is None:
        return settings
    performance = _performance(config, reference, settings, state / "labels" / name)
    return replace(settings, performance=performance)


def _performance(
    config: ModelConfig, reference: Reference, settings: EngineSettings, folder: Path
) -> PerformanceSettings:
    known = reference.performance
    assert known is not None, "there is a labelled reference"
    assert config.labels is not None, "there are labels"
    assert config.label_topic is not None, "there are labels"
    yardstick, payload, no_estimate = measured_by(known, len(reference.profile.features))
    warm_up, ignored = config.warm_up_blocks, config.ignore_below
    return PerformanceSettings(
        streams=settings.streams,
        segments=settings.segments,
        topic=config.label_topic,
        own_topic=not config.labels.topics,
        folder=folder,
        known=known,
        yardstick=yardstick,
        no_estimate=no_estimate,
        baselines={
            segment: ErrorBaseline.of(known, segment, warm_up, ignored)
            for segment in settings.segments
        },
        detectors=tuple(config.labels.detectors),
        warm_up=warm_up,
        payload=payload,
        join=JoinSettings(
            horizon_ms=config.labels.horizon,
            lateness_ms=config.lateness,
            payload_bytes=payload.bytes,
            max_bytes=config.labels.max_bytes,
        ),
        reference_digest=reference.digest,
    )


def _budget(config: ModelConfig) -> Budget:
    by_rows = config.grid.by_rows
    return Budget(
        pages=config.budget.pages,
        per_ms=int(config.budget_blocks) if by_rows else config.budget.per,
        block_ms=1 if by_rows else config.block,
        tickets_per_page=config.budget.tickets / config.budget.pages,
    )


def _baseline(config: ModelConfig, reference: Reference, segment: str) -> Baseline:
    learned = reference.learned_for(segment)
    if learned.calibration is not None:
        origin = Origin.REFERENCE
    else:
        origin = Origin.WARMING_UP if config.warm_up_blocks else Origin.INDEPENDENT
    summary = reference.summary_for(segment)
    return Baseline.of(reference.profile, summary, learned, origin, config.ignore_below)
