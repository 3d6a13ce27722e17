"""Without a reference in time order a model learns its season first, and alarms only then."""

import numpy as np
import pytest

from detectors.evidence.learner import FEWEST_UNITS
from monitor.engine.baseline import Origin
from monitor.engine.watermark import close_ready_blocks
from monitor.state.snapshot import load, save
from tests.monitor.engine.logs import (
    BLOCK_MS,
    Entry,
    an_engine,
    batch_of,
    partition,
    progress,
    told,
)

WARM_UP = FEWEST_UNITS
RECORDS = 40


def block(rng, number, shift=0.0):
    """Records of one block, all of one version and segment."""
    start = number * BLOCK_MS
    values = rng.standard_normal(RECORDS) + shift
    times = np.linspace(start, start + BLOCK_MS - 1, RECORDS).astype(int)
    return [
        Entry(int(time), float(value), "1", 0, None)
        for time, value in zip(times, values, strict=True)
    ]


def read(engine, rng, numbers, shift=0.0):
    """Feed blocks in order and close those that are over."""
    for number in numbers:
        first = engine.partition(partition(0)).position or 0
        engine.add(batch_of(partition(0), first, block(rng, number, shift)), 0)
        close_ready_blocks(engine, progress([0]))
    engine.refresh()


def finished(engine):
    """Everything that an engine knows once all its blocks are closed."""
    close_ready_blocks(engine, progress([0], finished=[0]))
    engine.refresh()
    return told(engine)


def only(engine):
    """The view of the only stream."""
    (view,) = engine.views.values()
    return view


def test_a_model_that_warms_up_says_until_when_and_raises_nothing():
    rng = np.random.default_rng(1)
    engine = an_engine(longest_ms=100 * BLOCK_MS, warm_up=WARM_UP)
    read(engine, rng, range(5))
    read(engine, rng, range(5, 40), shift=2.0)
    view = only(engine)
    assert view.calibration.state == Origin.WARMING_UP
    assert view.calibration.until_ms == WARM_UP * BLOCK_MS
    assert view.evidence.value > view.page_threshold
    assert view.alarm.severity == ""
    assert view.drifted == ()


def test_after_the_warm_up_drift_pages():
    rng = np.random.default_rng(2)
    engine = an_engine(longest_ms=100 * BLOCK_MS, warm_up=WARM_UP)
    read(engine, rng, range(WARM_UP + 2))
    view = only(engine)
    assert (view.calibration.state, view.calibration.until_ms) == (Origin.LEARNED, None)
    assert view.alarm.raised == {"ticket": 0, "page": 0}
    read(engine, rng, range(WARM_UP + 2, WARM_UP + 12), shift=2.0)
    view = only(engine)
    assert view.alarm.severity == "page"
    assert {each.feature for each in view.drifted} == {"x", "prediction"}
    assert engine.view().budget.spent == 1.0


@pytest.mark.parametrize("stop", [WARM_UP // 2, WARM_UP + 3])
def test_a_restart_in_or_after_the_warm_up_changes_nothing(tmp_path, stop):
    engines = []
    for restarts in (False, True):
        rng = np.random.default_rng(3)
        engine = an_engine(longest_ms=100 * BLOCK_MS, warm_up=WARM_UP)
        read(engine, rng, range(stop))
        if restarts:
            save(tmp_path / "snapshot.npz", {"m": engine}, 0)
            engine = load(tmp_path / "snapshot.npz", {"m": engine.settings}).engines["m"]
        read(engine, rng, range(stop, WARM_UP + 10), shift=0.5)
        engines.append(finished(engine))
    assert engines[0] == engines[1]
