"""The reference file: the frozen profile of the data that a model was validated on."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from detectors.profile import Profile
from detectors.summary import Summary
from monitor.archive import ArchiveError, Arrays, Meta, content_digest, read_archive, write_archive
from monitor.reference.profile_arrays import profile_from, profile_parts
from monitor.state.stack import stack, unstack

KIND = "driftd-reference"
VERSION = 1


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
    schema_digest: of the schema that it was built for. notes: on the data as a whole.
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

    def summary_for(self, segment: str) -> Summary:
        """Return what a segment is compared with: all rows for "", the rest for an unknown one."""
        return self.total if segment == "" else self.segments.get(segment, self.rest)


def reference_digest(
    profile: Profile,
    schema_digest: str,
    total: Summary,
    segments: Mapping[str, Summary],
    rest: Summary,
) -> str:
    """Return the digest of a reference's content."""
    return content_digest(*_content(profile, schema_digest, total, segments, rest))


def write_reference(path: Path, reference: Reference) -> Reference:
    """Write a reference in one step and return it as it is read back.

    Raises OSError if the file cannot be written.
    """
    content, arrays = _content(
        reference.profile,
        reference.schema_digest,
        reference.total,
        reference.segments,
        reference.rest,
    )
    told = {
        "columns": [asdict(column) for column in reference.columns],
        "notes": reference.notes,
        "source": reference.source,
        "created": reference.created,
    }
    write_archive(path, KIND, {"content": content, "told": told}, arrays, VERSION)
    return read_reference(path)


def read_reference(path: Path) -> Reference:
    """Return the reference that a file holds.

    Raises ReferenceError if the file is missing, damaged, of another kind, or newer.
    """
    try:
        meta, arrays, _ = read_archive(path, KIND, VERSION)
    except ArchiveError as error:
        raise ReferenceError(path, error.problem) from error
    content, told = meta["content"], meta["told"]
    summaries = unstack(_under("summaries", arrays))
    return Reference(
        profile=profile_from(content["profile"], _under("profile", arrays)),
        schema_digest=content["schema"],
        total=summaries[0],
        segments=dict(zip(content["segments"], summaries[2:], strict=True)),
        rest=summaries[1],
        columns=tuple(
            ColumnReport(**{**each, "notes": tuple(each["notes"])}) for each in told["columns"]
        ),
        notes=tuple(told["notes"]),
        source=told["source"],
        created=told["created"],
        digest=content_digest(content, arrays),
    )


def _content(
    profile: Profile,
    schema_digest: str,
    total: Summary,
    segments: Mapping[str, Summary],
    rest: Summary,
) -> tuple[Meta, Arrays]:
    meta, arrays = profile_parts(profile)
    content = {"schema": schema_digest, "segments": list(segments), "profile": meta}
    parts = {f"profile/{name}": array for name, array in arrays.items()}
    summaries = stack([total, rest, *segments.values()])
    return content, parts | {f"summaries/{name}": array for name, array in summaries.items()}


def _under(prefix: str, arrays: Arrays) -> Arrays:
    start = f"{prefix}/"
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }
