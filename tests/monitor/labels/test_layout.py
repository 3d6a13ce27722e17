"""Topics that cannot be joined partition by partition are told, with the mend."""

import pytest

from monitor.labels.layout import layout_problem


def test_one_topic_each_with_equally_many_partitions_is_no_problem():
    assert layout_problem({"scores": 3}, {"outcomes": 3}) == ""


@pytest.mark.parametrize(
    ("predictions", "labels", "told"),
    [
        (
            {"scores": 3},
            {"outcomes": 4},
            "topic 'scores' has 3 partitions and topic 'outcomes' has 4; labels are joined "
            "partition by partition, so make both with equally many and key the records of both "
            "by the id",
        ),
        (
            {"b": 3, "a": 3},
            {"outcomes": 3},
            "predictions must come from one topic, and there are 2: 'a', 'b'",
        ),
        ({"scores": 3}, {}, "labels must come from one topic, and there are 0: none"),
    ],
)
def test_another_layout_is_told(predictions, labels, told):
    assert layout_problem(predictions, labels) == told
