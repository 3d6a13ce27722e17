"""Every record of the two logs gets a name, also where the store is full."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.engine.partition import NEVER
from monitor.labels.facts import JoinSettings, Side
from monitor.labels.join import LabelJoin
from monitor.labels.pairs import Labels, Pairs, Predictions
from monitor.labels.slices import LabelStoreError
from monitor.labels.view import LabelsView

HOUR = 3_600_000
SETTINGS = JoinSettings(horizon_ms=24 * HOUR, lateness_ms=HOUR, payload_bytes=8, max_bytes=1 << 30)


class Logs:
    """Two logs of one partition that are written and joined record by record."""

    def __init__(self, folder: Path, settings: JoinSettings = SETTINGS) -> None:
        self.folder, self.settings = folder, settings
        self.join = LabelJoin.open(folder, settings, None)
        self.offsets, self.newest = [0, 0], [NEVER, NEVER]

    def predict(self, id: object, hour: float, score: float = 0.5, block: int = 0) -> Pairs:
        payload = np.array([score]).view(np.uint8)
        codes = np.array([[1, 2]], dtype=np.int16)
        columns = self._columns(0, id, hour, block)
        return self.join.put_predictions(
            0, Predictions(**columns, codes=codes, payload=payload[None])
        )

    def label(self, id: object, hour: float, value: float = 1.0, block: int = 0) -> Pairs:
        columns = self._columns(1, id, hour, block)
        return self.join.put_labels(0, Labels(**columns, values=np.array([value])))

    def pass_hour(self, hour: float) -> None:
        """Take both logs as having reached an hour."""
        self.join.advance(0, int(hour * HOUR), int(hour * HOUR))

    def snapshot(self) -> None:
        self.join.flush()
        self.meta = self.join.meta()
        self.join.forget(self.meta)

    def reopen(self) -> None:
        self.join.close()
        self.join = LabelJoin.open(self.folder, self.settings, self.meta)

    @property
    def view(self) -> LabelsView:
        return LabelsView.of(self.join)

    def _columns(self, side: int, id: object, hour: float, block: int) -> dict:
        time = int(hour * HOUR)
        self.newest[side] = max(self.newest[side], time)
        self.offsets[side] += 1
        return {
            "ids": [id],
            "offsets": np.array([self.offsets[side] - 1]),
            "times": np.array([time]),
            "newest": np.array([self.newest[side]]),
            "blocks": np.array([block]),
        }


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "labels")


def test_a_pair_tells_the_later_block_the_delay_and_what_was_kept_of_the_prediction(logs):
    assert not len(logs.predict("a", hour=1, score=0.25, block=7))
    pairs = logs.label("a", hour=3, value=1.0, block=4)
    assert pairs.blocks.tolist() == [7]
    assert pairs.delays_ms.tolist() == [2 * HOUR]
    assert pairs.codes.tolist() == [[1, 2]]
    assert pairs.payload.view(np.float64).tolist() == [[0.25]]
    assert pairs.values.tolist() == [1.0]
    assert logs.view.labels == {"joined": 1}
    assert logs.view.predictions == {"joined": 1}


def test_a_label_may_come_before_its_prediction(logs):
    logs.label(12, hour=3, value=0.0)
    assert logs.view.waiting_labels == 1
    assert logs.predict("12", hour=2.5).delays_ms.tolist() == [HOUR // 2]
    logs.label("b", hour=4)
    assert logs.predict("b", hour=9).delays_ms.tolist() == [-5 * HOUR]
    assert logs.view.waiting_labels == 0


def test_the_first_label_wins_and_the_first_prediction_too(logs):
    logs.predict("a", hour=1, score=0.1)
    logs.predict("a", hour=1.5, score=0.9)
    assert len(logs.label("a", hour=2, value=1.0)) == 1
    assert not len(logs.label("a", hour=3, value=1.0))
    assert not len(logs.label("a", hour=4, value=0.0))
    assert logs.view.labels == {"changed": 1, "duplicate": 1, "joined": 1}
    assert logs.view.predictions == {"duplicate": 1, "joined": 1}


def test_a_label_that_is_no_number_repeats_itself(logs):
    logs.label("a", hour=1, value=float("nan"))
    logs.label("a", hour=2, value=float("nan"))
    assert logs.view.labels == {"duplicate": 1}


@pytest.mark.parametrize("hour", [25.01, 40, 49])
def test_a_label_after_the_horizon_is_late_and_its_prediction_unlabelled(logs, hour):
    logs.predict("a", hour=1)
    logs.predict("b", hour=1)
    assert len(logs.label("b", hour=25)) == 1
    assert not len(logs.label("a", hour=hour))
    logs.pass_hour(100)
    assert logs.view.labels == {"joined": 1, "late": 1}
    assert logs.view.predictions == {"joined": 1, "unlabelled": 1}


def test_a_label_within_the_horizon_is_late_where_its_log_has_passed_it(logs):
    logs.predict("a", hour=1)
    logs.label("other", hour=27)
    assert not len(logs.label("a", hour=20))
    assert logs.view.labels == {"late": 1}


def test_a_label_without_a_prediction_is_an_orphan_once_the_other_log_has_passed_it(logs):
    logs.label("a", hour=1)
    logs.pass_hour(25)
    assert logs.view.labels == {}
    logs.pass_hour(26)
    assert logs.view.labels == {"orphan": 1}
    assert not len(logs.predict("a", hour=50))


def test_an_id_may_be_used_anew_long_after(logs):
    logs.predict("a", hour=1)
    assert len(logs.label("a", hour=2)) == 1
    logs.predict("a", hour=61)
    assert len(logs.label("a", hour=62)) == 1


@pytest.mark.parametrize("order", ["old label new", "old new label", "label old new"])
def test_a_label_that_was_late_for_one_prediction_is_not_the_next_one_s(logs, order):
    reads = {
        "old": lambda: logs.predict("a", hour=0),
        "label": lambda: logs.label("a", hour=40),
        "new": lambda: logs.predict("a", hour=57),
    }
    for each in order.split():
        assert not len(reads[each]())
    assert logs.view.labels == {"late": 1}
    logs.pass_hour(200)
    assert logs.view.predictions == {"unlabelled": 2}


def test_a_prediction_is_kept_while_the_label_that_was_late_for_it_may_be_taken_for_a_free_one(
    logs,
):
    logs.predict("a", hour=0)
    logs.label("a", hour=40)
    logs.pass_hour(57.1)
    logs.snapshot()
    assert not len(logs.predict("a", hour=59))
    assert logs.view.labels == {"late": 1}


@pytest.mark.parametrize("hours", [0, 0.5, 1])
def test_nothing_is_given_up_that_may_still_find_its_partner(logs, hours):
    first = SETTINGS.horizon_ms / HOUR + hours
    logs.predict("a", hour=hours)
    logs.label("b", hour=hours)
    logs.pass_hour(first)
    assert len(logs.label("a", hour=first)) == 1
    assert len(logs.predict("b", hour=first)) == 1


def test_slices_go_when_a_snapshot_without_need_of_them_is_on_the_disk(logs):
    for hour in range(0, 200, 3):
        logs.predict(hour, hour=hour)
        logs.label(hour, hour=hour + 1)
    before = len(list(logs.folder.glob("*.lmdb")))
    logs.pass_hour(201)
    logs.join.flush()
    assert len(list(logs.folder.glob("*.lmdb"))) == before
    logs.join.forget(logs.join.meta())
    slices = sorted(int(path.stem) for path in logs.folder.glob("*.lmdb"))
    # Three horizons and two latenesses, and the slice of six hours that they begin in.
    assert slices[0] == (201 - 3 * 24 - 2) // 6
    assert logs.view.labels == {"joined": 67}


def test_the_oldest_slices_give_way_to_the_cap_and_what_waits_there_is_counted(tmp_path):
    logs = Logs(tmp_path / "labels", replace(SETTINGS, max_bytes=200_000))
    for hour in range(0, 60, 6):
        logs.predict(f"p{hour}", hour=hour)
    logs.label("l", hour=1)
    logs.snapshot()
    view = logs.view
    assert view.bytes <= 200_000
    assert view.predictions["evicted"] + view.waiting_predictions == 10
    assert view.labels == {"evicted": 1}
    assert view.oldest_ms == logs.join.evicted_before * 6 * HOUR
    logs.reopen()
    assert not len(logs.label("p0", hour=2))
    assert len(logs.label("p54", hour=55)) == 1
    assert logs.view.waiting_labels == 1
    assert logs.view.predictions == {"evicted": view.predictions["evicted"], "joined": 1}


def test_all_records_are_in_one_count_each(logs):
    numbers = np.random.default_rng(5)
    for _ in range(300):
        hour = float(numbers.integers(0, 90))
        if numbers.random() < 0.5:
            logs.predict(int(numbers.integers(60)), hour=hour)
        else:
            logs.label(int(numbers.integers(60)), hour=hour, value=float(numbers.integers(2)))
    view = logs.view
    assert Counter(view.predictions).total() + view.waiting_predictions == logs.offsets[0]
    assert Counter(view.labels).total() + view.waiting_labels == logs.offsets[1]
    assert view.labels["joined"] == view.predictions["joined"] == view.delays.counts.sum()


def test_a_log_that_is_made_anew_goes_on_from_its_new_offsets(logs):
    logs.predict("a", hour=1)
    logs.offsets[0] = 0
    logs.join.rewind(0, Side.PREDICTION, 0)
    logs.predict("b", hour=2)
    assert len(logs.label("a", hour=3)) == 1
    assert len(logs.label("b", hour=3)) == 1
    logs.snapshot()
    logs.reopen()
    logs.predict("b", hour=4)
    assert logs.view.predictions == {"duplicate": 1, "joined": 2}


def test_without_a_snapshot_the_store_begins_empty(logs):
    logs.predict("a", hour=1)
    logs.snapshot()
    logs.meta = None
    logs.reopen()
    assert not len(logs.label("a", hour=2))


def test_a_store_of_another_horizon_is_refused_with_a_mend(logs):
    logs.snapshot()
    logs.settings = replace(SETTINGS, horizon_ms=48 * HOUR)
    with pytest.raises(
        LabelStoreError,
        match="with horizon_ms 86400000, and this configuration has 172800000; change that back",
    ):
        logs.reopen()


def test_a_record_that_reads_otherwise_after_a_restart_is_there_once(logs):
    logs.snapshot()
    logs.predict("a", hour=1, block=1)
    logs.join.store.flush()
    logs.reopen()
    logs.offsets[0] = 0
    logs.predict("a", hour=1, block=2)
    assert logs.label("a", hour=2).blocks.tolist() == [2]
    assert logs.view.predictions == {"joined": 1}


def test_a_file_that_lost_its_end_is_told_by_its_name(logs):
    for id in range(100):
        logs.predict(id, hour=1)
    logs.snapshot()
    logs.join.close()
    (path,) = logs.folder.glob("*.lmdb")
    os.truncate(path, path.stat().st_size - 8192)
    with pytest.raises(LabelStoreError, match="it lost its end; restore it, or remove its folder"):
        LabelJoin.open(logs.folder, SETTINGS, logs.meta)


def test_a_damaged_file_is_told_by_its_name(logs):
    logs.predict("a", hour=1)
    logs.snapshot()
    logs.join.close()
    (path,) = logs.folder.glob("*.lmdb")
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(LabelStoreError, match=f"{path} cannot be used: .*remove its folder"):
        LabelJoin.open(logs.folder, SETTINGS, logs.meta)


def test_a_payload_that_does_not_fit_a_fact_is_refused():
    with pytest.raises(ValueError, match="payload_bytes is 500; a prediction may keep 448"):
        replace(SETTINGS, payload_bytes=500)
