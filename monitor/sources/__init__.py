"""Where records come from: topics of Kafka, or folders of files."""

from collections.abc import Mapping

from monitor.config.settings import Settings
from monitor.sources.source import Partition, Source


def open_source(settings: Settings, positions: Mapping[Partition, int], bounded: bool) -> Source:
    """Return the configured source of all models' topics, to be read from the positions on.

    bounded: read what there is now, then finish. Raises SourceError for what cannot be read.
    """
    topics = {topic for model in settings.models.values() for topic in model.records.topics}
    topics |= {model.label_topic for model in settings.models.values() if model.label_topic}
    patterns = {model.records.topic_pattern for model in settings.models.values()} - {None}
    pattern = "|".join(f"(?:{each})" for each in sorted(map(str, patterns))) or None
    # A daemon that reads files does without Kafka's client, and the other way round.
    if settings.source.files is not None:
        from monitor.sources.files import FileSource

        return FileSource(settings.source.files.folder, topics, pattern, positions, bounded)
    assert settings.source.kafka is not None
    from monitor.sources.kafka import KafkaSource

    marks = {model.records.marks.header for model in settings.models.values()}
    return KafkaSource(settings.source.kafka, topics, pattern, positions, bounded, marks)
