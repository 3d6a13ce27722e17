"""Reading the YAML file: one mapping, text keys, no key twice."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from monitor.config.errors import ConfigError

MAPPING_TAG = "tag:yaml.org,2002:map"
TEXT_TAG = "tag:yaml.org,2002:str"
MERGE_TAG = "tag:yaml.org,2002:merge"
TIME_TAG = "tag:yaml.org,2002:timestamp"

BEGINNING = "'source:' or 'models:'"
NO_MAPPING = "is not a mapping; begin with {}"

QUOTED = re.compile(r" '(?!<|\\.')[^']{2,}'")
"""What YAML's errors quote of the file; '<block end>' and the like are YAML's own words."""


class _Loader(yaml.SafeLoader):
    """Plain data only; a time stays the text that it is, to be read by the key that takes it."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != TIME_TAG]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> dict[str, Any]:
    """Return what the file holds.

    Raises ConfigError, with lines, for what is not one mapping of distinct texts.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(path, [f"cannot be read: {error.strerror}"]) from None
    document = parse_document(path, content, BEGINNING)
    if document is None:
        raise ConfigError(path, [NO_MAPPING.format(BEGINNING)])
    return document


def parse_document(path: Path, content: bytes, beginning: str) -> dict[str, Any] | None:
    """Return what the content of a file holds, None for nothing at all.

    beginning: what it may begin with, in words. Raises ConfigError as ``read_document``.
    """
    try:
        return _parse(path, content, beginning)
    except yaml.YAMLError as error:
        raise ConfigError(path, [_explain(error)]) from None


def parse_flow(text: str) -> Any:
    """Return the value of a text in YAML's flow style, such as ``[a, b]`` or ``{a: 1}``.

    Raises yaml.YAMLError for what is not YAML.
    """
    loader = _Loader(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def _parse(path: Path, content: bytes, beginning: str) -> dict[str, Any] | None:
    loader = _Loader(content)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        if root.tag != MAPPING_TAG:
            raise ConfigError(path, [NO_MAPPING.format(beginning)])
        problems = list(_wrong_keys(root, set()))
        if problems:
            raise ConfigError(path, problems)
        document: dict[str, Any] = loader.construct_document(root)
        return document
    finally:
        loader.dispose()


def _wrong_keys(node: yaml.Node, visited: set[int]) -> Iterator[str]:
    """Yield what is wrong with the keys below a node, which an alias may have shown before."""
    if id(node) in visited or not isinstance(node, yaml.CollectionNode):
        return
    visited.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _wrong_keys(item, visited)
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.tag not in (TEXT_TAG, MERGE_TAG):
            shown = f"key {key.value!r}" if isinstance(key, yaml.ScalarNode) else "a key"
            yield f"line {line}: {shown} is not a text; put it in quotes"
        elif key.value in lines:
            yield f"line {line}: key '{key.value}' is already on line {lines[key.value]}; keep one"
        elif key.tag == TEXT_TAG:
            lines[key.value] = line
        yield from _wrong_keys(value, visited)


def _explain(error: yaml.YAMLError) -> str:
    """Say where the file is not YAML, without showing the line: it may hold a secret."""
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return "holds what is not text; save it as UTF-8"
    mark = error.problem_mark
    wrong = f"{error.problem} {error.context or ''}".strip()
    return f"line {mark.line + 1}, column {mark.column + 1}: {QUOTED.sub('', wrong)}"
