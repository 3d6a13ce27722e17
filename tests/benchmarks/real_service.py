"""driftd on a data set as a service would run it: command line, JSON records, engine, pages."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml
from click.testing import CliRunner
from pyarrow import parquet

from detectors.evidence.alarm import Level
from monitor.cli import main
from monitor.cli.explain_alarms import outline_alarms
from monitor.cli.sight_words import say_sight
from monitor.config import ModelConfig, load
from monitor.decode import compile_decoder
from monitor.engine.model import ModelEngine
from monitor.engine.watermark import Progress, close_ready_blocks
from monitor.engine_settings import engine_settings
from monitor.reference.file import Reference, read_reference
from monitor.sources.source import Chunk, Partition
from tests.benchmarks.real_sets import PREDICTION, TIME, RealSet

MODEL = "model"
PARTITION = Partition(MODEL, 0)
PAGES, BLOCKS = 1, 4_320
"""The budget: false pages in so many blocks."""


@dataclass(frozen=True, slots=True)
class Told:
    """What driftd told after a block.

    state: of the calibration. raised: whether a page was. paging: whether one is active.
    evidence: in nats. cause: what it is evidence of, in words.
    """

    state: str
    raised: bool
    paging: bool
    evidence: float
    cause: str


@dataclass(slots=True)
class Service:
    """A model's configuration and reference in a folder, and the engine that watches it."""

    config: ModelConfig
    reference: Reference
    engine: ModelEngine

    @classmethod
    def start(cls, chosen: RealSet, table: pa.Table, folder: Path) -> "Service":
        """Configure driftd in an empty folder and build the reference of the first rows."""
        data = folder / "reference.parquet"
        known = table[: chosen.reference]
        if TIME in known.column_names and not chosen.teaches_by_the_clock:
            known = known.drop_columns([TIME])
        parquet.write_table(known, data)
        model = _configuration(chosen)
        config, reference = configured(folder, model, data, timed=chosen.teaches_by_the_clock)
        return cls(
            config,
            reference,
            ModelEngine(engine_settings(MODEL, config, reference, Path(), 900_000)),
        )

    @property
    def sight(self) -> str:
        """What the reference sees, as `driftd check` says it."""
        stream = outline_alarms(self.config, self.reference)["streams"][0]
        return say_sight(stream["smallest_shifts"], self.config.grid.block_words) or ""

    def watch(self, chosen: RealSet, table: pa.Table) -> Iterator[Told]:
        """Feed the rows after the reference; yield what is told after each closed block."""
        decoder = compile_decoder(
            self.config.schema, self.reference.profile, (), timeless=chosen.by_rows
        )
        closed, raised = -1, 0
        for rows in (*chosen.cuts(table, chosen.reference, len(table)), None):
            if rows is not None:
                chunk = _chunk(table, rows)
                self.engine.add(decoder.decode(chunk, _now_ms(table, rows)), now_ms=0)
            self._close(finished=rows is None)
            if not self.engine.streams:
                continue
            (stream,) = self.engine.streams.values()
            if stream.newest_block == closed:
                continue
            closed = stream.newest_block
            told = self._told(raised)
            raised += told.raised
            yield told

    def _close(self, finished: bool) -> None:
        own = frozenset({PARTITION})
        close_ready_blocks(
            self.engine,
            Progress(
                assigned=own,
                at_end=frozenset(),
                finished=own if finished else frozenset(),
                now_ms=0,
                idle_after_ms=1,
            ),
        )

    def _told(self, raised: int) -> Told:
        (stream,) = self.engine.streams.values()
        watch, found = stream.watch, stream.watch.evidence
        cause = "" if found.kind is None else str(found.kind)
        if found.feature >= 0:
            cause += f" of {self.reference.profile.features[found.feature]}"
        return Told(
            state=str(stream.baseline.origin),
            raised=watch.pages > raised,
            paging=watch.alarm.level == Level.PAGE,
            evidence=found.value,
            cause=f"{cause}, {found.blocks} blocks, {found.effect:+.2f} sd",
        )


def configured(
    folder: Path, model: Mapping[str, Any], data: Path, timed: bool
) -> tuple[ModelConfig, Reference]:
    """Configure driftd in an empty folder and build the model's reference of a file of rows.

    timed: whether the rows' times, in TIME, are an order to learn from.
    """
    path = folder / "driftd.yaml"
    document = {
        "state": "state",
        "source": {"files": {"folder": "log"}},
        "models": {MODEL: dict(model)},
    }
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    command = ["reference", "build", "-c", str(path), MODEL, str(data), "--json"]
    built = CliRunner().invoke(main, [*command, *(["--time", TIME] if timed else [])])
    if built.exit_code:
        raise RuntimeError(f"driftd {' '.join(command)}:\n{built.output}") from built.exception
    config = load(path).models[MODEL]
    return config, read_reference(config.reference)


def _configuration(chosen: RealSet) -> dict[str, Any]:
    records: dict[str, Any] = {
        "topics": [MODEL],
        "prediction": {"field": PREDICTION, "kind": chosen.kind},
    }
    model: dict[str, Any] = {
        "reference": "model.ref",
        "records": records,
        "features": {
            **dict.fromkeys(chosen.numeric, "numeric"),
            **dict.fromkeys(chosen.categorical, "categorical"),
        },
    }
    if chosen.by_rows:
        model |= {"rows_per_block": chosen.block, "budget": {"pages": PAGES, "blocks": BLOCKS}}
    else:
        records["time"] = {"field": TIME, "unit": "ms"}
        period_s = BLOCKS * chosen.block_length // 1000
        model |= {
            "block": chosen.block,
            "lateness": "0s",
            "longest_window": chosen.longest,
            "budget": {"pages": PAGES, "per": f"{period_s}s"},
        }
    return model


def _chunk(table: pa.Table, rows: slice) -> Chunk:
    """Return rows as a log would hold them: JSON records."""
    records = table[rows].to_pylist()
    return Chunk(
        partition=PARTITION,
        values=[json.dumps(record).encode() for record in records],
        offsets=np.arange(rows.start, rows.stop),
        timestamps=None,
        next_offset=rows.stop,
    )


def _now_ms(table: pa.Table, rows: slice) -> int:
    return int(table[TIME][rows.stop - 1].as_py()) if TIME in table.column_names else 0
