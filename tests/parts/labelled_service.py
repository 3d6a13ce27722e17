"""A model with labels as the daemon sets it up, fed by hand: JSON records in, views out."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from monitor.config import ModelConfig
from monitor.decode import Decoder
from monitor.decode.labels import LabelDecoder
from monitor.engine.label_watermark import close_ready_pairs
from monitor.engine.model import ModelEngine
from monitor.engine.performance import PerformanceEngine
from monitor.engine.watermark import Progress, close_ready_blocks
from monitor.engine_settings import engine_settings
from monitor.pipeline import Model, require_joinable
from monitor.reference.file import Reference
from monitor.sources.source import Chunk, Partition
from monitor.state.snapshot import load

MODEL = "model"
TOPICS = ("model", "labels")
"""Of predictions and of labels."""

PREDICTIONS, LABELS = (Partition(topic, 0) for topic in TOPICS)


@dataclass(slots=True)
class LabelledService:
    """The engine of a model with a labelled reference, and its decoders."""

    config: ModelConfig
    engine: ModelEngine
    performance: PerformanceEngine
    decoder: Decoder
    labels: LabelDecoder

    @classmethod
    def start(cls, config: ModelConfig, reference: Reference, folder: Path) -> "LabelledService":
        """Set up a model; config: of TOPICS. folder: for the label store."""
        settings = engine_settings(MODEL, config, reference, folder, 900_000)
        engine = load(folder / "snapshot.npz", {MODEL: settings}).engines[MODEL]
        performance = engine.performance
        assert performance is not None, "the reference has labels"
        model = Model.of(config, reference, engine)
        assert model.labels is not None, "labels are configured"
        require_joinable(config, {PREDICTIONS, LABELS})
        return cls(config, engine, performance, model.decoder, model.labels)

    def put(
        self, records: Sequence[Mapping[str, Any]], labels: Sequence[Mapping[str, Any]], now_ms: int
    ) -> None:
        """Take the next records of both topics; now_ms: the wall clock."""
        batch = self.decoder.decode(self._chunk(PREDICTIONS, records), now_ms)
        self.engine.add(batch, now_ms)
        told = self.labels.decode(self._chunk(LABELS, labels), now_ms)
        self.engine.add_labels(told, None, now_ms)

    def close(self, finished: frozenset[Partition] = frozenset()) -> None:
        """Close what may close and compare it; finished: topics that bring nothing more."""
        both = Progress(frozenset({PREDICTIONS, LABELS}), frozenset(), finished, 0, 1)
        close_ready_blocks(
            self.engine, Progress(frozenset({PREDICTIONS}), frozenset(), finished, 0, 1)
        )
        close_ready_pairs(self.engine, self.performance, both)
        self.engine.refresh()

    def stop(self) -> None:
        """Close the label store."""
        self.performance.join.close()

    def _chunk(self, partition: Partition, records: Sequence[Mapping[str, Any]]) -> Chunk:
        """Return records as the next ones of a log."""
        start = self.engine.position(partition) or 0
        return Chunk(
            partition=partition,
            values=[json.dumps(record).encode() for record in records],
            offsets=np.arange(start, start + len(records)),
            timestamps=None,
            next_offset=start + len(records),
        )
