"""What is told of a file that is not one YAML mapping of distinct keys."""

import pytest

from monitor.config import ConfigError, load
from tests.monitor.config.files import write

RIGHT = """\
source: {kafka: {bootstrap_servers: [a:1]}}
models:
  credit:
    reference: a.ref
    records: {topics: [a], prediction: {field: y, kind: class}}
    features: {x: numeric}
"""


def told(path):
    with pytest.raises(ConfigError) as caught:
        load(path, {})
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["is not a mapping; begin with 'source:' or 'models:'"]),
        ("- a\n", ["is not a mapping; begin with 'source:' or 'models:'"]),
        ("a: 1\nb: [1\n", ["line 3, column 1: expected ',' or ']', but got '<stream end>' while "
                           "parsing a flow sequence"]),
        ("a: 1\n\tb: 2\n", ["line 2, column 1: found character '\\t' that cannot start any token "
                            "while scanning for the next token"]),
        ("a: {x: 1,\n  y: 2, x: 3}\n", ["line 2: key 'x' is already on line 1; keep one"]),
        ("a: 1\nb: 2\na: 3\nb: 4\n", ["line 3: key 'a' is already on line 1; keep one",
                                      "line 4: key 'b' is already on line 2; keep one"]),
        ("a:\n  no: 1\n  5: 2\n", ["line 2: key 'no' is not a text; put it in quotes",
                                   "line 3: key '5' is not a text; put it in quotes"]),
        ("? [a]\n: 1\n", ["line 1: a key is not a text; put it in quotes"]),
        ("a: 1\n---\nb: 2\n", ["line 2, column 1: but found another document expected a single "
                               "document in the stream"]),
    ],
)  # fmt: skip
def test_what_is_not_one_mapping_of_distinct_texts_is_told_by_line(tmp_path, text, problems):
    assert told(write(tmp_path, text)) == problems


def test_bytes_that_are_no_text_are_told(tmp_path):
    path = tmp_path / "driftd.yaml"
    path.write_bytes(b"a: \xff\xfe\n")
    assert told(path) == ["holds what is not text; save it as UTF-8"]


@pytest.mark.parametrize(
    "line", ["password: *hunter2", "password: !hunter2 x", "password: |hunter2"]
)
def test_a_line_that_may_hold_a_password_is_never_told(tmp_path, line):
    assert "hunter2" not in str(told(write(tmp_path, RIGHT + line)))


def test_tags_that_make_objects_are_refused(tmp_path):
    path = write(tmp_path, "state: !!python/object/apply:os.system ['exit 1']\n")
    assert "could not determine a constructor for the tag" in told(path)[0]


def test_a_mapping_may_be_written_once_and_merged(tmp_path):
    merged = RIGHT + "  second:\n    <<: *credit\n    reference: b.ref\n"
    settings = load(write(tmp_path, merged.replace("credit:", "credit: &credit")), {})
    assert settings.models["second"].reference == tmp_path / "b.ref"
    assert settings.models["second"].features == settings.models["credit"].features
