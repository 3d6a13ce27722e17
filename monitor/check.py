"""Whether a deployment can start: its configuration, its references and its access rights."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from monitor.config import ConfigError, ModelConfig, Settings, load
from monitor.config.access import access_problems
from monitor.config.errors import ClashError
from monitor.config.grid import say_block
from monitor.config.record_path import show_path
from monitor.http.tls import web_config_problems
from monitor.reference.data_files import open_tables
from monitor.reference.file import Reference, ReferenceError, read_reference
from monitor.reference.table import DataError
from monitor.triggers.problems import trigger_problems

DIGEST_SHOWN = 4


def load_checked(config: Path) -> tuple[Settings, dict[str, Reference]]:
    """Return the configuration and each model's reference; connects to nothing.

    Raises ConfigError with everything that is wrong with the file, or else with what it names.
    """
    settings = load(config)
    problems = [
        *access_problems(settings),
        *web_config_problems(settings.web_config),
        *trigger_problems(settings),
    ]
    references = {}
    for name, model in settings.models.items():
        problems += _retest_problems(name, model)
        key = f"models.{name}.reference"
        try:
            references[name] = read_reference(model.reference)
        except ReferenceError as error:
            problems.append(f"{key}: {error}")
            continue
        wrong = mismatch(model, references[name])
        if wrong is not None:
            mend = shlex.join(["driftd", "reference", "build", "-c", str(config), name])
            told = f"{model.reference} was built for {wrong}; rebuild it:"
            problems.append(f"{key}: {told}\n    {mend} {references[name].source}")
    if problems:
        raise ConfigError(config, problems)
    return settings, references


def _retest_problems(name: str, model: ModelConfig) -> Iterator[str]:
    """Yield what is wrong with the requirements of a model's re-tests, and with their data."""
    if not model.retests:
        return
    # The catalogue of perturbations takes long to import, and most models have no re-tests.
    from monitor.retest.plan import plan

    if model.evaluation is not None:
        try:
            open_tables([model.evaluation.data])
        except DataError as error:
            yield f"models.{name}.evaluation.data: {error}"
    for retest, configured in model.retests.items():
        try:
            plan(model, configured)
        except ClashError as error:
            for key, wrong in error.problems:
                yield f"models.{name}.retests.{retest}.{key}: {wrong}"


def mismatch(model: ModelConfig, reference: Reference) -> str | None:
    """Return what a reference was built for and what its model is now, None where they agree."""
    built, described = reference.schema_digest, model.schema.digest
    if built != described:
        return f"schema {built[:DIGEST_SHOWN]}…, this file describes {described[:DIGEST_SHOWN]}…"
    if model.labels is not None and reference.performance is None:
        where = show_path(model.labels.label)
        return f"records without labels, this file has some in {where!r}; its data must hold them"
    return _other_segments(model, reference) or _other_blocks(model, reference)


def _other_segments(model: ModelConfig, reference: Reference) -> str | None:
    segment, held = model.records.segment, list(reference.segments)
    if segment is None:
        return None
    if segment.values is not None and set(segment.values) != set(held):
        return f"segments {', '.join(held)}, this file lists {', '.join(segment.values)}"
    if len(held) > segment.most:
        return f"{len(held)} segments, this file allows {segment.most}"
    return None


def _other_blocks(model: ModelConfig, reference: Reference) -> str | None:
    """Tell of blocks that a calibration is not for; without one any blocks will do."""
    calibrated = any(learned.calibration for learned in reference.learned.values())
    if not calibrated or reference.block_ms is None:
        return None
    grid, built = model.grid, say_block(reference.block_ms, reference.by_rows)
    if (reference.block_ms, reference.by_rows) == (grid.block, grid.by_rows):
        return None
    return f"blocks of {built}, this file has blocks of {grid.block_words}"
