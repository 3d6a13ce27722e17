"""The JSON Schema takes what the configuration takes, as far as a schema can tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from monitor.config import json_schema
from tests.monitor.config.files import DOCUMENT, REMOVED, changed

DEPLOYED = Path(__file__).parents[3] / "deploy" / "driftd.yaml"
M = "models.credit."

SCHEMA = json_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def test_it_is_valid_json_schema():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize(
    "document", [DOCUMENT, yaml.safe_load(DEPLOYED.read_text())], ids=["least", "deployed"]
)
def test_it_takes_the_examples(document):
    VALIDATOR.validate(document)


@pytest.mark.parametrize(
    "changes",
    [
        {M + "block": "90s", M + "windows": ["block", "6h"], "quarantine.max_bytes": 1000},
        {M + "budget": {"pages": 0.5, "tickets": 4, "per": "7d"}, M + "ignore_below": 0.1},
        {M + "rows_per_block": 1000, M + "budget": {"blocks": 100, "pages": 1}},
        {M + "ignore_below": {"psi": 0.01}, M + "warm_up": "0s"},
        {M + "records.id": ["a.b", "c"], M + "features.age": {"kind": "numeric", "range": [0, 9]}},
        {"source": {"kafka": None, "files": {"folder": "log"}}},
        {M + "records.topics": REMOVED, M + "records.topic_pattern": "a.*"},
    ],
)
def test_it_takes_what_loads(changes):
    VALIDATOR.validate(changed(changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"zzz": 1},
        {M + "refrence": "x"},
        {"models": {}},
        {M + "block": 60},
        {M + "block": "1.5h"},
        {M + "windows": ["week"]},
        {M + "thresholds": {"psi": 0.3}},
        {M + "budget": {"pages": 0}},
        {M + "budget": {"per": 30}},
        {M + "budget": {"page": 1}},
        {M + "ignore_below": -1},
        {M + "ignore_below": {"ks": 0.1}},
        {M + "ignore_below": {}},
        {M + "warm_up": 14},
        {M + "features.income": "numerical"},
        {M + "features.income": {"kind": "numeric", "range": [1]}},
        {"source": {}},
        {"source.files": {"folder": "log"}},
        {M + "records.topic_pattern": "a.*"},
        {M + "records.topics": REMOVED},
        {"listen": "9477"},
        {"quarantine.max_bytes": "1 MB"},
    ],
)
def test_it_refuses_what_a_schema_can_tell(changes):
    assert not VALIDATOR.is_valid(changed(changes))


def test_the_budget_is_told_with_defaults_and_examples():
    budget = SCHEMA["$defs"]["BudgetConfig"]["properties"]
    assert {key: part["default"] for key, part in budget.items()} == {
        "pages": 1,
        "per": "30d",
        "tickets": 10,
        "blocks": None,
    }
    model = SCHEMA["$defs"]["ModelConfig"]["properties"]
    assert (model["ignore_below"]["default"], model["warm_up"]["default"]) == (0.05, "14d")
    for key, part in [*budget.items(), *model.items()]:
        if key in {*budget, "budget", "ignore_below", "warm_up"}:
            assert part["examples"], key


def test_every_example_is_itself_valid():
    wrong = [
        key
        for key, part in keys(SCHEMA)
        for example in part.get("examples", ())
        if not Draft202012Validator({**part, "$defs": SCHEMA["$defs"]}).is_valid(example)
    ]
    assert wrong == []


def test_every_key_is_described():
    assert [key for key, part in keys(SCHEMA) if "description" not in part] == []


def test_every_default_is_itself_valid():
    wrong = [
        key
        for key, part in keys(SCHEMA)
        if "default" in part
        and not Draft202012Validator({**part, "$defs": SCHEMA["$defs"]}).is_valid(part["default"])
    ]
    assert wrong == []


def keys(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for section in (schema, *schema["$defs"].values()):
        for key, part in section.get("properties", {}).items():
            yield f"{section['title']}.{key}", part
