"""Panels of tables: a row for each set of labels, a column for each query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from grafana_foundation_sdk.builders import common, table
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig, DynamicConfigValue

from grafana.builder.panels import State, asked_once, letters, mapped, told


@dataclass(frozen=True, slots=True)
class Column:
    """A query's values: the column's name and unit.

    states: what the values stand for, where they are no numbers to be read.
    """

    name: str
    expr: str
    unit: str = "short"
    states: Mapping[int, State] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """Where a click on a label leads; url: ``${__data.fields.NAME}`` stands for a row's label."""

    label: str
    title: str
    url: str


def rows(
    title: str,
    description: str,
    columns: Sequence[Column],
    sort_by: str,
    link: Link | None = None,
    alert: str = "",
) -> table.Panel:
    """Return a table of the newest values; sort_by: a column, its largest value comes first."""
    panel = asked_once(
        told(table.Panel(), title, description, "short", alert), [each.expr for each in columns]
    )
    names = {
        value_of(letter, len(columns)): column.name
        for letter, column in zip(letters(len(columns)), columns, strict=True)
    }
    panel = panel.with_transformation(
        DataTransformerConfig("merge", options={})
    ).with_transformation(
        DataTransformerConfig(
            "organize",
            options={"excludeByName": {"Time": True}, "indexByName": {}, "renameByName": names},
        )
    )
    for column in columns:
        panel = panel.override_by_name(column.name, _properties(column))
    if link is not None:
        to = {"title": link.title, "url": link.url}
        panel = panel.override_by_name(link.label, [DynamicConfigValue("links", [to])])
    return panel.sort_by([common.TableSortByFieldState().display_name(sort_by).desc(True)])


def value_of(letter: str, queries: int) -> str:
    """Return what Grafana calls the values of a query, of so many."""
    return "Value" if queries == 1 else f"Value #{letter}"


def _properties(column: Column) -> list[DynamicConfigValue]:
    properties = [DynamicConfigValue("unit", column.unit)]
    if column.states:
        properties += [
            DynamicConfigValue("mappings", mapped(column.states)),
            DynamicConfigValue("custom.cellOptions", {"type": "color-background"}),
        ]
    return properties
