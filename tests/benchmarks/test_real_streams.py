import random
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from monitor.demo.data import load_segments
from tests.benchmarks.real_sets import SETS, DataMissingError, RealSet
from tests.benchmarks.real_streams import DRIFTD, Figures, episodes, run

NO, YES = False, True


def test_an_alarm_is_one_until_ten_calm_blocks_have_passed():
    alarming = [YES, NO, YES, *[NO] * 9, YES, *[NO] * 10, YES]
    raised, on = episodes(alarming)
    assert [place for place, each in enumerate(raised) if each] == [0, 23]
    assert [place for place, each in enumerate(on) if not each] == [22]


def test_a_page_is_counted_from_the_block_of_the_change():
    raised = [NO, YES, NO, NO, NO, YES]
    on = [NO, YES, NO, NO, NO, YES]
    assert Figures.of(raised, on, change=4) == Figures(before=1, on=0.25, delay=2, alarms=2)


def test_an_alarm_that_is_on_already_tells_nothing_of_the_change():
    on = [NO, YES, YES, YES]
    assert Figures.of([NO, YES, NO, NO], on, change=2).delay == 0


def test_data_that_are_not_there_are_told_with_the_option(tmp_path: Path):
    with pytest.raises(DataMissingError, match=r"elec2\.parquet is no file; give --data"):
        SETS["elec2"].read(tmp_path)


def test_driftd_pages_within_three_blocks_of_a_real_change_and_not_before(tmp_path: Path):
    # Image segments of river, all but the sky's in random order, and the sky's after them.
    split = load_segments(random.Random(1))
    records = [*split.training, *split.live]
    known = [each for each in records if each[1] != "sky"]
    sky = [each for each in records if each[1] == "sky"]
    rows = [{**values, "kind": label} for values, label in (*known, *sky)]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "segments.parquet")
    chosen = RealSet(
        file="segments.parquet",
        numeric=split.features,
        categorical=(),
        answer="kind",
        kind="class",
        reference=1_280,
        change=len(known),
        drift="only sky",
        block=10,
    )
    result = run("segments", chosen, chosen.read(tmp_path), slow=False)
    assert result.state == "reference"
    assert result.blocks == 103
    assert result.figures[DRIFTD].before == 0
    assert result.figures[DRIFTD].delay in (1, 2, 3)
