"""Records go from a log into every model that reads it, each exactly once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_equal
from prometheus_client import CollectorRegistry

from detectors.places import NOWHERE
from monitor.config import Settings, load
from monitor.decode import compile_decoder
from monitor.engine.model import ModelEngine
from monitor.engine_settings import engine_settings
from monitor.http.meters import Meters
from monitor.pipeline import Model, Pipeline, after, beginnings, positions_of
from monitor.quarantine import Quarantine, open_quarantine
from monitor.reference.file import read_reference
from monitor.sources import open_source
from monitor.sources.source import Chunk, Partition, Source, SourceStatus
from monitor.view import Board, ModelView, View
from tests.e2e.small_model import FILES, START_MS, append, build, configure, lines
from tests.monitor.engine.logs import an_engine

TOPIC = "t"
OWN = Partition(TOPIC, 0)
NOW_MS = START_MS + 3_600_000


@st.composite
def chunks(draw: st.DrawFn) -> Chunk:
    """Chunks with gaps between and behind their records, empty ones too."""
    gaps = draw(st.lists(st.integers(1, 4), max_size=8))
    offsets = draw(st.integers(0, 20)) + np.cumsum([0, *gaps])
    return a_chunk(offsets[:-1].tolist(), int(offsets[-1]), stamped=draw(st.booleans()))


def a_chunk(
    offsets: Sequence[int], next_offset: int, stamped: bool = False, rewound: bool = False
) -> Chunk:
    numbers = np.array(offsets, dtype=np.int64)
    return Chunk(
        partition=OWN,
        values=[str(offset).encode() for offset in offsets],
        offsets=numbers,
        timestamps=numbers * 1_000 if stamped else None,
        next_offset=next_offset,
        rewound=rewound,
    )


@given(chunks(), st.integers(0, 60))
def test_after_a_position_come_exactly_the_records_from_it_on(chunk, position):
    rest = after(chunk, position)
    assert rest.offsets.tolist() == [each for each in chunk.offsets.tolist() if each >= position]
    assert rest.values == [str(offset).encode() for offset in rest.offsets]
    assert (rest.timestamps is None) == (chunk.timestamps is None)
    if rest.timestamps is not None:
        assert rest.timestamps.tolist() == (rest.offsets * 1_000).tolist()
    assert rest.next_offset == max(chunk.next_offset, position)


@given(chunks())
def test_without_a_position_every_record_comes(chunk):
    assert after(chunk, None) is chunk


def test_a_rewound_chunk_comes_whole_and_takes_the_position_back():
    chunk = a_chunk([3, 4], 5, rewound=True)
    assert after(chunk, 90) is chunk


def at(positions: dict[Partition, int | None]) -> ModelEngine:
    """An engine that stands at some positions; at None it knows of a partition only."""
    engine = an_engine()
    for partition, position in positions.items():
        engine.partition(partition).position = position
    return engine


def test_the_positions_are_the_least_over_the_engines_that_have_one():
    other = Partition("t", 1)
    engines = [at({OWN: 7, other: None}), at({OWN: 5, other: 3}), at({})]
    assert positions_of(engines) == {OWN: 5, other: 3}
    assert positions_of([]) == {}


class Script:
    """A source that gives what it is told to, one list of chunks at each poll."""

    name = "script"

    def __init__(self, polls: Sequence[list[Chunk]], problem: str = "") -> None:
        self.polls = list(polls)
        self.problem = problem

    def poll(self, timeout_s: float) -> list[Chunk]:  # noqa: ARG002
        return self.polls.pop(0)

    def status(self) -> SourceStatus:
        assigned = frozenset() if self.problem else frozenset([OWN])
        return SourceStatus(
            connected=True,
            assigned=assigned,
            at_end=frozenset(),
            lag={},
            bytes_total=0,
            errors_total=0,
            lost={},
            offset_resets={},
            rebalances={},
            problem=self.problem,
        )

    def finished(self) -> frozenset[Partition]:
        return frozenset() if self.polls else frozenset([OWN])

    def all_finished(self) -> bool:
        return not self.polls

    def acknowledge(self, positions: Mapping[Partition, int]) -> None: ...

    def close(self) -> None: ...


@dataclass
class Scene:
    """Models with real parts around them, but for the source."""

    settings: Settings
    models: dict[str, Model]
    quarantine: Quarantine

    def read_to_end(self, source: Source, *names: str) -> View:
        """Let some of the models read what a source has; return what is published then."""
        models = {name: self.models[name] for name in names}
        board, meters = Board(), Meters(CollectorRegistry())
        pipeline = Pipeline(source, models, self.quarantine, board, meters, lambda: NOW_MS, True)
        while not pipeline.finished():
            pipeline.step(0.01)
        pipeline.publish()
        source.close()
        return board.read()

    def read_files(self, *names: str) -> View:
        """Let some of the models read the file log on."""
        positions = beginnings(self.models[name] for name in names)
        return self.read_to_end(open_source(self.settings, positions, True), *names)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    config = configure(tmp_path / "driftd.yaml", FILES, TOPIC)
    build(config)
    settings = load(config)
    model = settings.models["m"]
    reference = read_reference(model.reference)
    models = {
        name: Model(
            config=model,
            decoder=compile_decoder(model.schema, reference.profile, ()),
            engine=ModelEngine(engine_settings(name, model, reference, Path(), 900_000)),
        )
        for name in ("old", "new")
    }
    quarantine = open_quarantine(settings, 0)
    yield Scene(settings, models, quarantine)
    quarantine.close()


def records_of(view: View) -> dict[str, int]:
    return {model.name: sum(each.records for each in model.streams) for model in view.models}


def test_models_at_different_positions_of_a_topic_take_each_record_once(scene, tmp_path):
    append(tmp_path, TOPIC, [*lines(100, seed=2), b"{"])
    assert records_of(scene.read_files("old")) == {"old": 100}
    assert scene.models["old"].has_begun(OWN)
    assert not scene.models["new"].has_begun(OWN)
    append(tmp_path, TOPIC, [*lines(50, seed=3, first=100), b"{"])
    view = scene.read_files("old", "new")
    assert records_of(view) == {"old": 150, "new": 150}
    assert [model.rejects for model in view.models] == [{"malformed_json": 2}] * 2
    assert [model.duplicates for model in view.models] == [0, 0]
    size = (tmp_path / "log" / TOPIC / "0001.jsonl").stat().st_size
    assert beginnings(scene.models.values()) == {OWN: size}


def test_a_log_that_is_rewound_is_read_again_by_every_model(scene):
    first, again = a_log(10, seed=2), a_log(4, seed=3)
    view = scene.read_to_end(Script([[first], [a_chunk([], 0, rewound=True), again]]), "old")
    assert records_of(view) == {"old": 14}
    assert scene.models["old"].engine.partition(OWN).position == 4
    view = scene.read_to_end(Script([[a_log(6, seed=4)]]), "old", "new")
    assert records_of(view) == {"old": 16, "new": 6}


def test_a_chunk_without_records_moves_the_position(scene):
    view = scene.read_to_end(Script([[a_log(3, seed=2)], [a_chunk([], 9)]]), "old")
    assert records_of(view) == {"old": 3}
    assert beginnings([scene.models["old"]]) == {OWN: 9}


def test_records_of_a_topic_that_no_model_reads_are_left_alone(scene):
    foreign = replace(a_log(3, seed=2), partition=Partition(f"{TOPIC}-other", 0))
    view = scene.read_to_end(Script([[foreign, a_log(2, seed=3)]]), "old")
    assert records_of(view) == {"old": 2}
    assert positions_of([scene.models["old"].engine]) == {OWN: 2}


def test_records_of_re_tests_are_counted_and_change_nothing_else(scene):
    own = lines(60, seed=2)
    marked = [line.replace(b'"id": "r', b'"id": "driftd-retest-') for line in lines(40, seed=3)]
    broken = [b'{"id": "driftd-retest-7", "p": "none"}', b'{"id": "driftd-retest-8", "p": 0.']
    mixed = [*own[:30], *marked, *broken, *own[30:]]
    view = scene.read_to_end(Script([[values_at_once(mixed)]]), "old")
    alone = scene.read_to_end(Script([[values_at_once(own)]]), "new")
    with_retests, without = view.models[0], alone.models[0]
    assert (with_retests.retest_records, without.retest_records) == (42, 0)
    assert with_retests.rejects == {}
    assert_equal(plain(with_retests), plain(without))


def plain(model: ModelView) -> object:
    """What a model's streams say, but for the places of records in the log."""
    return [
        asdict(
            replace(
                stream,
                model="",
                diagnosis=None,
                windows=tuple(
                    replace(each, summary=replace(each.summary, places=NOWHERE))
                    for each in stream.windows
                ),
            )
        )
        for stream in model.streams
    ]


def test_the_newest_record_is_told_once_there_is_one(scene):
    assert scene.read_to_end(Script([[]]), "old").newest_record_ms is None
    view = scene.read_to_end(Script([[a_log(3, seed=2)]]), "old")
    assert view.newest_record_ms == START_MS + 20


def test_what_keeps_a_daemon_from_being_ready_is_what_its_source_says(scene):
    assert scene.read_to_end(Script([[]], "no broker"), "old").not_ready == "no broker"
    assert scene.read_to_end(Script([[]]), "old").not_ready == ""


def a_log(count: int, seed: int) -> Chunk:
    """The first records of a partition."""
    return values_at_once(lines(count, seed=seed))


def values_at_once(values: list[bytes]) -> Chunk:
    """A partition that holds these values."""
    return replace(a_chunk(range(len(values)), len(values)), values=values)
