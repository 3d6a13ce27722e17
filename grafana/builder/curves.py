"""Panels of one number against another, or against classes: the newest values only.

A query tells a series for each point; its labels say where on the axis, and on which curve.
"""

from grafana_foundation_sdk.builders import barchart, table, trend
from grafana_foundation_sdk.models.common import (
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import DataTransformerConfig

from grafana.builder.panels import P, asked_once, legend, told, tooltip
from grafana.builder.tables import value_of


def curves(
    title: str, description: str, unit: str, expr: str, axis: str, curve: str, alert: str = ""
) -> trend.Panel:
    """Return lines over a label whose values are numbers.

    axis, curve: the two labels that the query keeps.
    """
    panel = asked_once(told(trend.Panel(), title, description, unit, alert), [expr])
    return (
        _spread(panel, axis, curve, numbers=True)
        .x_field(corner(axis, curve))
        .span_nulls(True)
        .line_width(1)
        .show_points(VisibilityMode.ALWAYS)
        .legend(legend())
        .tooltip(tooltip())
    )


def classes(
    title: str, description: str, unit: str, expr: str, axis: str, bar: str, alert: str = ""
) -> barchart.Panel:
    """Return bars side by side for each value of a label, in the order of its text."""
    panel = asked_once(told(barchart.Panel(), title, description, unit, alert), [expr])
    return (
        _spread(panel, axis, bar, numbers=False)
        .x_field(corner(axis, bar))
        .legend(legend())
        .tooltip(tooltip())
        .group_width(0.8)
        .show_value(VisibilityMode.NEVER)
    )


def matrix(
    title: str, description: str, unit: str, expr: str, row: str, column: str, alert: str = ""
) -> table.Panel:
    """Return a table with a row for each value of one label and a column for each of another."""
    panel = asked_once(told(table.Panel(), title, description, unit, alert), [expr])
    return _spread(panel, row, column, numbers=False)


def _spread(panel: P, row: str, column: str, numbers: bool) -> P:
    """Make rows of one label and columns of another; rows are ordered, as numbers or as text."""
    to_matrix: dict[str, object] = {
        "rowField": row,
        "columnField": column,
        "valueField": value_of("A", 1),
        "emptyValue": "null",
    }
    conversion = {"targetField": corner(row, column), "destinationType": "number"}
    steps: list[tuple[str, dict[str, object]]] = [("groupingToMatrix", to_matrix)]
    if numbers:
        steps.append(("convertFieldType", {"conversions": [conversion], "fields": {}}))
    steps.append(("sortBy", {"fields": {}, "sort": [{"field": corner(row, column)}]}))
    for name, options in steps:
        panel = panel.with_transformation(DataTransformerConfig(name, options=options))
    return panel


def corner(row: str, column: str) -> str:
    """Return what Grafana calls the column that holds the names of the rows of a matrix."""
    return f"{row}\\{column}"
