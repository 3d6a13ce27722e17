"""Raw records as producers write them, well and badly."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from hypothesis import strategies as st

from detectors.prediction_kind import PredictionKind
from monitor.schema import Schema, TimeUnit
from monitor.sources.source import Chunk, Partition

NOW_MS = 1_767_571_200_000
"""2026-01-05T00:00:00Z."""

numbers = st.one_of(
    st.floats(-4, 4).map(json.dumps),
    st.integers(-3, 130).map(str),
    st.sampled_from(["0", "-0", "1", "7", "7.0", "0.5", "41.5", "5e0", "1E2", "1e-400"]),
)
texts = st.one_of(
    st.sampled_from(["pro", "true", "false", "5", "0.5", "DE", "7", "100", "110", "111", "é"]),
    st.text(max_size=4).filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)),
    st.sampled_from(["NaN", "a, NaN, b", "-Infinity", "null", '"', "\\", "a\nb", 'say "NaN"']),
)
strings = st.builds(json.dumps, texts, ensure_ascii=st.booleans())
bare = st.sampled_from(["NaN", "Infinity", "-Infinity"])
numbers_in_no_float = st.sampled_from(["1e999", "-1e999", "9" * 400, "9" * 5000, "-" + "9" * 5000])
odd_times = st.sampled_from(
    [
        *(str(NOW_MS * scale) for scale in (1, 1_000, 1_000_000)),
        *(str(NOW_MS // 1_000 + ahead) for ahead in (0, 299, 300, 301)),
        *(str(NOW_MS + ahead) for ahead in (299_999, 300_000, 300_001)),
        "1767571200.053", "1767571200053.0", "1767571200053999.6", "0", "-1", "-0.0000001",
        "7258118400", "7258118399.9999", "7258118400000", "9223372036854775808", "1e300",
        '"2026-01-05T00:00:00Z"', '"2026-01-05T00:00:00.0539+01:00"', '"2026-01-05"',
        '"2026-01-05 00:04:59.999999"', '"0001-01-01T00:00:00+14:00"', '"2026-13-05"',
        '"9999-12-31T23:59:59-14:00"', '"1767571200000"',
    ]
)  # fmt: skip
vectors = st.lists(numbers, min_size=2, max_size=2).map(lambda each: f"[{', '.join(each)}]")
odd_vectors = st.lists(st.one_of(numbers, bare, st.just("null")), max_size=3).map(
    lambda each: f"[{', '.join(each)}]"
)
chance_objects = st.dictionaries(strings, numbers, min_size=1, max_size=3).map(
    lambda each: "{" + ", ".join(f"{key}: {value}" for key, value in each.items()) + "}"
)
chance_lists = st.lists(numbers, min_size=3, max_size=3).map(lambda each: f"[{', '.join(each)}]")
odd = st.one_of(
    st.sampled_from(["null", "true", "false", "[]", "{}", '"\\ud800"', '{"a": {"b": [1]}}']),
    bare,
    numbers_in_no_float,
    numbers,
    strings,
    odd_vectors,
    chance_objects,
    odd_times,
)

SCORES = {
    PredictionKind.PROBABILITY: numbers,
    PredictionKind.REGRESSION: numbers,
    PredictionKind.CLASS: st.one_of(strings, numbers),
    PredictionKind.PROBABILITIES: chance_objects,
}


def times(unit: TimeUnit | None) -> st.SearchStrategy[str]:
    """Times that are near enough to now, as JSON text."""
    near = st.integers(NOW_MS - 10, NOW_MS + 90)
    match unit:
        case None | TimeUnit.MILLISECONDS:
            return near.map(str)
        case TimeUnit.SECONDS:
            return near.map(lambda ms: repr(ms / 1_000))
        case TimeUnit.MICROSECONDS:
            return near.map(lambda ms: str(ms * 1_000 + 7))
        case TimeUnit.NANOSECONDS:
            return near.map(lambda ms: str(ms * 1_000_000 + 7))
    return near.map(
        lambda ms: f'"{datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds")}"'
    )


@st.composite
def objects(draw: st.DrawFn, fields: dict[str, st.SearchStrategy[str]]) -> str:
    """Objects of some fields in any order, as JSON text, some with something odd."""
    members = {name: draw(value) for name, value in fields.items()}
    names = draw(st.permutations(sorted(fields)))
    match draw(st.sampled_from(["good", "bare", "odd"])):
        case "bare":
            for name in draw(st.sets(st.sampled_from(["income", "age"]), min_size=1)):
                members[name] = draw(bare)
        case "odd":
            for name in draw(st.sets(st.sampled_from(names), max_size=2)):
                members[name] = draw(odd)
            left_out, twice = draw(st.integers(0, 1)), draw(st.integers(0, 1))
            names = names[left_out:] + names[:twice]
    colon, comma = draw(st.sampled_from([(":", ","), (": ", ", "), (" :\n  ", " ,\r\n\t")]))
    return "{" + comma.join(f"{json.dumps(name)}{colon}{members[name]}" for name in names) + "}"


features = {
    "income": numbers,
    "age": st.integers(0, 120).map(str),
    "plan": st.one_of(strings, numbers),
    "vip": st.sampled_from(["true", "false", "0", "1", "1.0", '"true"', '"True"', "2"]),
    "vector": vectors,
}


def whole_records(schema: Schema) -> st.SearchStrategy[str]:
    """Records of a schema as JSON text; their features lie at the top and under ``features``."""
    classes = len(schema.prediction.classes)
    return objects(
        features
        | {
            "features": objects(features),
            "id": strings,
            "ts": times(schema.time.unit if schema.time else None),
            "version": strings,
            "score": chance_lists if classes else SCORES[schema.prediction.kind],
            "country": strings,
            "note": strings,
        }
    )


@st.composite
def broken_records(draw: st.DrawFn, whole: st.SearchStrategy[str]) -> bytes:
    """Records with bytes missing, changed or added, and what is no record at all."""
    value = draw(whole).encode()
    at = draw(st.integers(0, len(value)))
    piece = draw(st.one_of(st.binary(max_size=3), st.sampled_from([b"NaN", b"\xff", b'"', b"\\"])))
    changed = value[:at] + piece + value[at + draw(st.integers(0, 3)) :]
    other = [b"", b" \n", b"[1]", b"null", b"3", b'"x"', b"\xef\xbb\xbf{}", b"{} {}", b"\xff"]
    return draw(
        st.one_of(
            st.sampled_from([value[:at], changed, value + piece, value + value]),
            st.sampled_from(other),
        )
    )


padding = st.sampled_from([b"", b"", b"\n", b" \r\n"])


@st.composite
def values(draw: st.DrawFn, schema: Schema) -> bytes | None:
    """What a topic of a schema's records holds: mostly records, good and odd."""
    whole = whole_records(schema)
    match draw(st.integers(0, 9)):
        case 8:
            return draw(broken_records(whole))
        case 9:
            return None
    return draw(padding) + draw(whole).encode() + draw(padding)


stamps = st.one_of(
    st.integers(NOW_MS - 100, NOW_MS + 100),
    st.sampled_from([NOW_MS - 300_000, NOW_MS + 300_000, NOW_MS + 300_001, 1 << 62, -1]),
)


def chunk_of(
    values: Sequence[bytes | None], stamps: Sequence[int] | None = None, first: int = 0
) -> Chunk:
    """Return a chunk of consecutive records from offset ``first`` on."""
    return Chunk(
        partition=Partition("traffic", 2),
        values=list(values),
        offsets=np.arange(first, first + len(values)),
        timestamps=None if stamps is None else np.array(stamps, dtype=np.int64),
        next_offset=first + len(values),
    )
