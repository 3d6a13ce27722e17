"""Which blocks of pairs may close: predictions and labels must both have passed them."""

from dataclasses import replace

from monitor.engine.model import ModelEngine
from monitor.engine.partition import NEVER
from monitor.engine.performance import PerformanceEngine
from monitor.engine.watermark import Progress, Reach, reach_of
from monitor.sources.source import Partition


def close_ready_pairs(
    engine: ModelEngine, performance: PerformanceEngine, progress: Progress
) -> bool:
    """Close every block of pairs that both logs have passed; give up what waited too long.

    progress: of the partitions of predictions and of labels. A partition of labels that is not
    there (yet) is silent. Returns whether a block was closed.
    """
    settings = performance.settings
    topic = settings.topic
    if settings.own_topic:
        predictions = progress.assigned
    else:
        predictions = frozenset(each for each in progress.assigned if each.topic != topic)
    labels = frozenset(Partition(topic, each.number) for each in predictions)
    absent = labels - progress.assigned
    told = replace(
        progress,
        assigned=progress.assigned | labels,
        at_end=progress.at_end | absent,
        finished=progress.finished | absent,
    )
    grid = settings.streams.grid
    of_predictions = reach_of(engine.partition, replace(told, assigned=predictions), grid)
    of_labels = of_predictions
    if not settings.own_topic:
        of_labels = reach_of(performance.partition, replace(told, assigned=labels), grid)
    for each in predictions:
        _advance(engine, performance, each, of_predictions, of_labels)
    both = Reach({**of_predictions.watermarks, **of_labels.watermarks}, idle=False)
    if not both.watermarks:
        return bool(predictions) and performance.close(None, engine.pairs_closed)
    until = both.least
    return until is not None and performance.close(until // grid.block, engine.pairs_closed)


def _advance(
    engine: ModelEngine,
    performance: PerformanceEngine,
    partition: Partition,
    of_predictions: Reach,
    of_labels: Reach,
) -> None:
    settings = performance.settings
    lateness = settings.streams.grid.lateness
    labels = Partition(settings.topic, partition.number)
    predictions_ms = of_predictions.watermarks.get(partition)
    if predictions_ms is None:
        predictions_ms = engine.partition(partition).watermark_ms(lateness)
    labels_ms = of_labels.watermarks.get(labels)
    if labels_ms is None or settings.own_topic:
        own = performance.partition(labels).watermark_ms(lateness)
        labels_ms = max((each for each in (own, labels_ms) if each is not None), default=None)
    performance.join.advance(
        partition.number,
        NEVER if predictions_ms is None else predictions_ms,
        NEVER if labels_ms is None else labels_ms,
    )
