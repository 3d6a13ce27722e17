from pathlib import Path

import pytest

from tests.benchmarks.real_sets import SETS, DataMissingError
from tests.benchmarks.real_streams import DRIFTD, Figures, episodes, run
from tests.benchmarks.sky_segments import write_sky_segments

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
    chosen = write_sky_segments(tmp_path)
    result = run("segments", chosen, chosen.read(tmp_path), slow=False)
    assert result.state == "reference"
    assert result.blocks == 103
    assert result.figures[DRIFTD].before == 0
    assert result.figures[DRIFTD].delay in (1, 2, 3)
