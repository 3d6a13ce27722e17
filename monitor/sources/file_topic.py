"""One topic of the file log: a folder whose segments are read in order of name."""

import json
import os
from pathlib import Path

from monitor.sources.file_lines import chunk_of_lines
from monitor.sources.source import Chunk, Partition, SourceError

MIB = 1024 * 1024
BLOCK_BYTES = 4 * MIB
LONGEST_LINE = 256 * MIB


class TopicLog:
    """The lines of ``folder/*.jsonl``, which only grow at their end.

    An offset is the number of bytes before it: those of all earlier segments, and those of its
    own before it. So segments are appended to, and added with a name that sorts behind the
    others, and else left as they are for as long as the topic is read. The last line of the
    newest segment is left until its newline is there, as a writer may be in the middle of it.

    position: where reading stands. at_end: whether the last look found nothing more.
    end: where the log ended then. stopped: whether the log broke its rules, so that nothing
    more of it can be read. problem: that, or a warning, in words.
    """

    def __init__(self, folder: Path, position: int) -> None:
        """Take the folder, which must exist, and the position to go on from.

        Raises SourceError if the position is not between two records of the log.
        """
        self.partition = Partition(folder.name, 0)
        self.position = position
        self.end = position
        self.at_end = False
        self.stopped = False
        self.problem = ""
        self._folder = folder
        self._file: int | None = None
        self._base = 0
        self._read: dict[str, int] = {}
        self._current = ""
        self._unread = self._segments()
        self._find_position()

    def read(self, most: int = BLOCK_BYTES) -> Chunk | None:
        """Return the next records, about ``most`` bytes of them, or None if there are none yet."""
        while not self.stopped:
            newest = not self._unread
            block = self._whole_lines(most)
            if not block and not newest and not self.stopped:
                block = self._bytes(LONGEST_LINE)  # no writer is in the middle of its last line
            if block:
                return self._take(block)
            if not newest:
                self._begin_next()
                continue
            self._look()
            if not self._unread:
                self.at_end = not self.stopped
                return None
        return None

    def read_unfinished(self) -> Chunk | None:
        """Return the last line although its newline is not there, if it is a whole record."""
        line = self._bytes(LONGEST_LINE)
        try:
            is_record = isinstance(json.loads(line), dict)
        except ValueError:
            return None
        return self._take(line) if is_record else None

    def close(self) -> None:
        """Close the segment that is being read."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _take(self, block: bytes) -> Chunk:
        chunk = chunk_of_lines(self.partition, block, self.position)
        self.position += len(block)
        self.end = max(self.end, self.position)
        self.at_end = False
        return chunk

    def _whole_lines(self, most: int) -> bytes:
        """Return the bytes from the position to the last newline within about ``most`` bytes."""
        block = self._bytes(most)
        end = block.rfind(b"\n") + 1
        if not end and len(block) == most:
            if most >= LONGEST_LINE:
                self._stop(f"{self._current} has a line of over {LONGEST_LINE // MIB} MiB")
                return b""
            return self._whole_lines(4 * most)
        return block if end == len(block) else block[:end]

    def _bytes(self, most: int) -> bytes:
        if self._file is None:
            return b""
        return os.pread(self._file, most, self.position - self._base)

    def _begin_next(self) -> None:
        """Leave the segment that is read to its end for the next one."""
        if self._file is not None:
            self._read[self._current] = self.position - self._base
            self._base = self.position
        self.close()
        self._current = next(iter(self._unread))
        try:
            self._file = os.open(self._folder / self._current, os.O_RDONLY)
        except OSError as error:
            self._stop(f"{self._current} cannot be read: {error.strerror}")
        else:
            del self._unread[self._current]

    def _look(self) -> None:
        """See which segments there are now, where the log ends, and whether it kept its rules."""
        self.problem = ""
        there = self._segments()
        begun = self._read | {self._current: self.position - self._base}
        shrunk = [name for name in begun.keys() & there.keys() if there[name] < begun[name]]
        grown = [name for name, size in self._read.items() if there.get(name, 0) > size]
        gone = [name for name in self._unread if name not in there]
        new = {name: size for name, size in there.items() if name not in begun}
        early = [name for name in new if name < self._current]
        if shrunk:
            self._stop(f"{shrunk[0]} became shorter than what was read of it")
        elif grown:
            self._stop(f"{grown[0]} grew after {self._current} was begun")
        elif gone:
            self._stop(f"{gone[0]} was removed before it was read")
        elif early:
            self._stop(f"{early[0]} came after {self._current}, which it sorts before")
        elif self._read.keys() - there.keys():
            self._tell("segments were removed; a restart will not find its position again")
        self._unread = new
        now = max(there.get(self._current, 0), self.position - self._base)
        self.end = self._base + now + sum(new.values())

    def _find_position(self) -> None:
        """Open the segment that holds the position."""
        total = sum(self._unread.values())
        for name, size in [*self._unread.items()][:-1]:
            if self._base + size > self.position:
                break
            self._base += size
            self._read[name] = self._unread.pop(name)
        if self._unread:
            self._begin_next()
        self.end = max(total, self.position)
        if not self._is_between_records():
            self.close()
            raise SourceError(
                f"topic '{self.partition.topic}': position {self.position} is not the beginning "
                f"of a record in {self._folder}, which holds {total} bytes: segments were removed "
                "or changed; put them back, or remove the state folder to begin anew"
            )

    def _is_between_records(self) -> bool:
        at = self.position - self._base
        if self._file is None or at == 0:
            return at == 0
        before, after = self._byte(at - 1), self._byte(at)
        return before == b"\n" or (before != b"" and after in (b"", b"\n", b"\r"))

    def _byte(self, at: int) -> bytes:
        return b"" if self._file is None else os.pread(self._file, 1, at)

    def _segments(self) -> dict[str, int]:
        """Return the sizes of the segments that there are, in order of name."""
        try:
            with os.scandir(self._folder) as entries:
                found = [each for each in entries if each.name.endswith(".jsonl")]
            return {each.name: each.stat().st_size for each in sorted(found, key=_name)}
        except OSError as error:
            self._tell(f"cannot be listed: {error.strerror}")
            return {}

    def _stop(self, reason: str) -> None:
        self.stopped = True
        self._tell(f"{reason}; reading of the topic has stopped")

    def _tell(self, problem: str) -> None:
        self.problem = f"topic '{self.partition.topic}', folder {self._folder}: {problem}"


def _name(entry: os.DirEntry[str]) -> str:
    return entry.name
