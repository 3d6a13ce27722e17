from pathlib import Path

import pytest

from detectors.prediction_kind import PredictionKind
from tests.benchmarks.real_labels import ERRORS, Noticed, noticed, watch_labels
from tests.benchmarks.real_models import LabelledSet
from tests.benchmarks.sky_segments import write_sky_segments

DELAY = 3


def test_what_was_noticed_before_the_change_is_told_apart():
    found = [0, 1, 1, 1, 3, 4]
    assert noticed(found, change=3) == Noticed(before=1, delay=2, blocks=3)
    assert str(noticed(found, change=3)) == "1/2/3"


def test_where_no_change_is_known_the_first_notice_counts_from_the_start():
    assert noticed([0, 0, 2], change=None) == Noticed(before=None, delay=3, blocks=1)
    assert str(noticed([0, 0, 0], change=None)) == "/never/0"


def test_a_class_that_the_model_never_saw_pages_as_soon_as_its_labels_come(tmp_path: Path):
    inputs = write_sky_segments(tmp_path)
    chosen = LabelledSet(inputs, PredictionKind.PROBABILITIES, slice(640))
    result = watch_labels("segments", chosen, tmp_path, DELAY, slow=False)
    assert result.blocks == 103 + DELAY
    assert result.reference == pytest.approx(0.96, abs=0.03)
    assert result.before.realised == pytest.approx(result.before.estimated, abs=0.03)
    assert result.after.realised < 0.05
    # The estimate cannot know what the model never saw.
    assert result.after.estimated > 0.5
    errors = result.noticed[ERRORS]
    assert errors.before == 0
    assert errors.delay in (DELAY + 1, DELAY + 2)
