"""The reference file: the frozen profile of the data that a model was validated on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from detectors.evidence.learned import Learned
from detectors.evidence.parts import learned_from, learned_parts
from detectors.performance.known import KnownPerformance
from detectors.performance.known_parts import performance_from, performance_parts
from detectors.profile import Profile
from detectors.summary import Summary
from monitor.archive import (
    ArchiveError,
    Arrays,
    Meta,
    arrays_under,
    content_digest,
    read_archive,
    write_archive,
)
from monitor.reference.profile_arrays import profile_from, profile_parts
from monitor.schema import REST
from monitor.state.stack import stack, unstack

KIND = "driftd-reference"
VERSION = 2
PERFORMANCE = "performance"

NOTHING_LEARNED = Learned(whitening={}, derivation=None)

_TOLD = (
    "columns",
    "notes",
    "source",
    "created",
    "block_ms",
    "by_rows",
    "pages",
    "page_blocks",
    "days",
    "records_per_block",
)


class ReferenceError(Exception):
    """A reference file cannot be used; the message names it and says what to do."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"{path}: {problem}; to build it: driftd reference build -c FILE MODEL DATA"
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class ColumnReport:
    """What was found in one column of the data, in words.

    column: where it was found. notes: what is odd about it and what that means for monitoring.
    """

    name: str
    kind: str
    column: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """What every window of a model is compared with.

    total: the summary of all rows. segments: those of the admitted segments, most frequent
    first. rest: that of the rows in no admitted segment. Samples are empty.
    learned: what all rows (""), those of each segment and the rest (REST) teach beside.
    schema_digest: of the schema that it was built for. notes: on the data as a whole.
    block_ms: the blocks that it was built for, in rows where by_rows; None if it was for none.
    pages, page_blocks: the budget at that time, so many false pages in so many blocks. days: that
    the rows span. records_per_block: mean over the blocks that held records, by part as in
    ``learned``; empty where rows have no order.
    performance: what the rows with labels teach; None where it was built without labels.
    source, created: what it was built from, and when (ISO 8601, UTC).
    digest: names the content, so that equal data give equal digests; source and created, and
    the words, are no part of it.
    """

    profile: Profile
    schema_digest: str
    total: Summary
    segments: Mapping[str, Summary]
    rest: Summary
    columns: tuple[ColumnReport, ...]
    notes: tuple[str, ...]
    source: str
    created: str
    digest: str
    learned: Mapping[str, Learned] = field(default_factory=dict)
    block_ms: int | None = None
    by_rows: bool = False
    pages: float | None = None
    page_blocks: float | None = None
    days: float | None = None
    records_per_block: Mapping[str, float] = field(default_factory=dict)
    performance: KnownPerformance | None = None

    def summary_for(self, segment: str) -> Summary:
        """Return what a segment is compared with: all rows for "", the rest for an unknown one."""
        return self.total if segment == "" else self.segments.get(segment, self.rest)

    def learned_for(self, segment: str) -> Learned:
        """Return what the rows teach that a segment is compared with."""
        known = self.learned
        return known.get(segment) or known.get(REST) or known.get("") or NOTHING_LEARNED

    @property
    def calibrated(self) -> bool:
        """Whether the order of the rows showed what every stream does without drift."""
        found = [
            each.calibration is not None
            for name, each in self.learned.items()
            if self.summary_for(name).records
        ]
        return bool(found) and all(found)


def reference_digest(reference: Reference) -> str:
    """Return the digest of a reference's content."""
    return content_digest(*_content(reference))


def write_reference(path: Path, reference: Reference) -> Reference:
    """Write a reference in one step and return it as it is read back.

    Raises OSError if the file cannot be written.
    """
    content, arrays = _content(reference)
    told = {name: getattr(reference, name) for name in _TOLD}
    told["columns"] = [asdict(column) for column in reference.columns]
    write_archive(path, KIND, {"content": content, "told": told}, arrays, VERSION)
    return read_reference(path)


def read_reference(path: Path) -> Reference:
    """Return the reference that a file holds.

    Raises ReferenceError if the file is missing, damaged, of another kind, newer, or of a driftd
    whose references held less.
    """
    try:
        meta, arrays, _ = read_archive(path, KIND, VERSION, oldest=VERSION)
    except ArchiveError as error:
        raise ReferenceError(path, error.problem) from error
    content, told = meta["content"], meta["told"]
    summaries = unstack(arrays_under(arrays, "summaries/"))
    profile = profile_from(content["profile"], arrays_under(arrays, "profile/"))
    learned = {
        name: learned_from(parts, arrays_under(arrays, f"learned/{place}/"), profile.directions)
        for place, (name, parts) in enumerate(content["learned"])
    }
    performance = None
    if PERFORMANCE in content:
        known = arrays_under(arrays, f"{PERFORMANCE}/")
        performance = performance_from(content[PERFORMANCE], known)
    columns = [ColumnReport(**{**each, "notes": tuple(each["notes"])}) for each in told["columns"]]
    return Reference(
        profile=profile,
        schema_digest=content["schema"],
        total=summaries[0],
        segments=dict(zip(content["segments"], summaries[2:], strict=True)),
        rest=summaries[1],
        learned=learned,
        performance=performance,
        digest=content_digest(content, arrays),
        **{**told, "columns": tuple(columns), "notes": tuple(told["notes"])},
    )


def _content(reference: Reference) -> tuple[Meta, Arrays]:
    meta, arrays = profile_parts(reference.profile)
    parts = {f"profile/{name}": array for name, array in arrays.items()}
    summaries = stack([reference.total, reference.rest, *reference.segments.values()])
    parts |= {f"summaries/{name}": array for name, array in summaries.items()}
    learned = []
    for place, (name, each) in enumerate(reference.learned.items()):
        known, arrays = learned_parts(each)
        learned.append((name, known))
        parts |= {f"learned/{place}/{key}": array for key, array in arrays.items()}
    content = {
        "schema": reference.schema_digest,
        "segments": list(reference.segments),
        "profile": meta,
        "learned": learned,
    }
    if reference.performance is not None:  # what holds none is what it was before there were any
        content[PERFORMANCE], arrays = performance_parts(reference.performance)
        parts |= {f"{PERFORMANCE}/{name}": array for name, array in arrays.items()}
    return content, parts
