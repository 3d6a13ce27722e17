"""Reading topics from a folder: one folder a topic, JSON lines in segments, tailed."""

import re
import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import structlog

from monitor.sources.file_topic import TopicLog
from monitor.sources.source import Chunk, Partition, SourceError, SourceStatus

log = structlog.get_logger()

LOOK_S = 1.0
"""How often new topics are looked for."""

IDLE_S = 0.05
"""How long to wait before looking again where nothing came."""


class FileSource:
    """Records of the lines of ``folder/<topic>/*.jsonl``, as `monitor.sources.source.Source` says.

    A topic is one partition, whose offsets and lag are bytes; see TopicLog for its rules. The
    log has no record times.
    """

    name = "files"

    def __init__(
        self,
        folder: Path,
        topics: Collection[str],
        pattern: str | None,
        positions: Mapping[Partition, int],
        bounded: bool,
    ) -> None:
        """Take what to read; the first poll() opens it.

        topics, pattern: names of folders, and an expression that whole names match; either
        may be empty. positions: where to go on; other topics are read from their beginning.
        bounded: read what there is at the first poll, then finish.
        """
        self._folder = folder
        self._topics = frozenset(topics)
        self._pattern = pattern
        self._positions = dict(positions)
        self._bounded = bounded
        self._logs: dict[str, TopicLog] = {}
        self._ends: dict[Partition, int] | None = None
        self._looked_at: float | None = None
        self._there = False
        self._bytes = 0

    def poll(self, timeout_s: float) -> list[Chunk]:
        """Return a block of records of each topic that has some, or nothing after timeout_s.

        Raises SourceError if a position is not in the log any more; in a bounded run also for
        a log that breaks its rules, which else stops that topic and is told in status().
        """
        deadline = time.monotonic() + timeout_s
        while True:
            self._look_for_topics()
            read = [self._read(each) for each in self._logs.values()]
            chunks = [chunk for chunk in read if chunk is not None]
            remaining_s = deadline - time.monotonic()
            if chunks or remaining_s <= 0 or self.all_finished():
                return chunks
            time.sleep(min(IDLE_S, remaining_s))

    def status(self) -> SourceStatus:
        """Return what there is to tell now."""
        logs = self._logs.values()
        return SourceStatus(
            connected=self._there,
            assigned=frozenset(each.partition for each in logs),
            at_end=frozenset(each.partition for each in logs if each.at_end),
            lag={each.partition: each.end - each.position for each in logs},
            bytes_total=self._bytes,
            errors_total=sum(each.stopped for each in logs),
            lost={},
            offset_resets={},
            rebalances={},
            problem=self._describe_problem(),
        )

    def finished(self) -> frozenset[Partition]:
        """Return the topics read to the end that they had at the first poll."""
        if not self._bounded or self._ends is None:
            return frozenset()
        return frozenset(
            each.partition
            for each in self._logs.values()
            if each.at_end or each.position >= self._ends.get(each.partition, 0)
        )

    def all_finished(self) -> bool:
        """Tell whether all topics that there were then are finished."""
        return self._bounded and self._ends is not None and self.finished() >= self._ends.keys()

    def acknowledge(self, positions: Mapping[Partition, int]) -> None:
        """Do nothing: nobody else wants to know positions in files."""

    def close(self) -> None:
        """Close the files."""
        for each in self._logs.values():
            each.close()

    def _read(self, topic: TopicLog) -> Chunk | None:
        stopped = topic.stopped
        chunk = topic.read()
        if topic.stopped and not stopped:
            log.error("topic_stopped", topic=topic.partition.topic, problem=topic.problem)
        if self._bounded:
            if topic.stopped:
                raise SourceError(topic.problem)
            if chunk is None:
                chunk = topic.read_unfinished()
        if chunk is not None:
            self._bytes += chunk.next_offset - self._positions.get(topic.partition, 0)
            self._positions[topic.partition] = chunk.next_offset
        return chunk

    def _look_for_topics(self) -> None:
        """Open the topics that have come, now and then; in a bounded run only once."""
        now = time.monotonic()
        if self._looked_at is not None and (self._bounded or now - self._looked_at < LOOK_S):
            return
        self._looked_at = now
        for name in sorted(self._chosen()):
            if name not in self._logs:
                position = self._positions.setdefault(Partition(name, 0), 0)
                self._logs[name] = TopicLog(self._folder / name, position)
                log.info("topic_found", topic=name, position=position)
        if self._ends is None:
            self._ends = {each.partition: each.end for each in self._logs.values()}

    def _chosen(self) -> set[str]:
        """Return the names of the topics that there are and that are wanted."""
        self._there = self._folder.is_dir()
        if not self._there:
            return set()
        return {each.name for each in self._folder.iterdir() if each.is_dir() and self._wants(each)}

    def _wants(self, folder: Path) -> bool:
        if folder.name in self._topics:
            return True
        return self._pattern is not None and re.fullmatch(self._pattern, folder.name) is not None

    def _describe_problem(self) -> str:
        if self._looked_at is None:
            return "not opened yet"
        if not self._there:
            return f"folder {self._folder} does not exist yet; waiting for it"
        missing = sorted(self._topics - self._logs.keys())
        told = [each.problem for each in self._logs.values() if each.problem]
        if missing:
            told.append(
                f"folder {_names(self._folder, missing)} does not exist yet; waiting for it"
            )
        elif not self._logs:
            told.append(f"no folder below {self._folder} matches '{self._pattern}' yet")
        return "; ".join(told)


def _names(folder: Path, topics: Iterable[str]) -> str:
    return ", ".join(str(folder / topic) for topic in topics)
