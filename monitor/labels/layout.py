"""Whether two topics can be joined partition by partition."""

from collections.abc import Mapping


def layout_problem(predictions: Mapping[str, int], labels: Mapping[str, int]) -> str:
    """Return why topics cannot be joined, with the mend, or nothing where they can.

    predictions, labels: partitions by topic. That both are keyed by the id cannot be seen from
    outside: where it is not so, labels become orphans.
    """
    for what, topics in (("predictions", predictions), ("labels", labels)):
        if len(topics) != 1:
            named = ", ".join(f"'{each}'" for each in sorted(topics)) or "none"
            return f"{what} must come from one topic, and there are {len(topics)}: {named}"
    ((prediction_topic, prediction_count),) = predictions.items()
    ((label_topic, label_count),) = labels.items()
    if prediction_count != label_count:
        return (
            f"topic '{prediction_topic}' has {prediction_count} partitions and topic "
            f"'{label_topic}' has {label_count}; labels are joined partition by partition, so "
            "make both with equally many and key the records of both by the id"
        )
    return ""
