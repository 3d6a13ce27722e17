"""The floor: a bare loop of kafka-python's poll and the JSON parser into numpy columns."""

import argparse
import time
from itertools import chain
from operator import attrgetter

import msgspec
import numpy as np
from kafka import KafkaConsumer, TopicPartition

from tests.benchmarks.traffic import Shape


def main() -> None:
    """Read a topic to its end and print how many records a second that was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("topic")
    parser.add_argument("--features", type=int, default=20)
    arguments = parser.parse_args()
    shape = Shape(arguments.features)
    features = msgspec.defstruct("Features", [(name, float) for name in shape.names], gc=False)
    record = msgspec.defstruct(
        "Record",
        [("id", str), ("ts", int), ("v", str), ("features", features), ("score", float)],
        gc=False,
    )
    decoder = msgspec.json.Decoder(record)
    inner, numbers = attrgetter("features"), attrgetter(*shape.names)
    consumer = KafkaConsumer(
        bootstrap_servers=arguments.bootstrap,
        enable_auto_commit=False,
        metrics_enabled=False,
        max_poll_records=5000,
        max_partition_fetch_bytes=8 << 20,
        isolation_level="read_committed",
    )
    partitions = [
        TopicPartition(arguments.topic, number)
        for number in sorted(consumer.partitions_for_topic(arguments.topic))
    ]
    consumer.assign(partitions)
    consumer.seek_to_beginning()
    wanted = sum(consumer.end_offsets(partitions).values())
    read = 0
    started = time.perf_counter()
    while read < wanted:
        for batch in consumer.poll(timeout_ms=500).values():
            structs = decoder.decode_lines(b"\n".join([each.value for each in batch]))
            size = len(structs) * shape.features
            flat = np.fromiter(
                chain.from_iterable(map(numbers, map(inner, structs))), np.float64, size
            )
            columns = flat.reshape(len(structs), shape.features)
            read += len(columns)
    print(read / (time.perf_counter() - started))
    consumer.close()


if __name__ == "__main__":
    main()
