"""Where rejected records are kept: files, or a dead-letter topic."""

from monitor.config.settings import Settings
from monitor.quarantine.quarantine import Quarantine, QuarantineError

__all__ = ["Quarantine", "QuarantineError", "open_quarantine"]


def open_quarantine(settings: Settings, position: int) -> Quarantine:
    """Return the configured quarantine, as it was at ``position``.

    position: what position() returned when the state was stored, 0 without a state. Raises
    QuarantineError, SourceError for what waiting cannot mend.
    """
    where = settings.quarantine
    # A daemon without dead letters does without Kafka's client.
    if where.kafka_topic is not None and settings.source.kafka is not None:
        from monitor.quarantine.dead_letters import DeadLetterTopic
        from monitor.quarantine.kafka import KafkaQuarantine

        topic = DeadLetterTopic(settings.source.kafka, where.kafka_topic)
        return KafkaQuarantine(topic, position)
    from monitor.quarantine.files import FileQuarantine

    folder = where.file or settings.state / "quarantine"
    return FileQuarantine(folder, where.max_bytes, position)
