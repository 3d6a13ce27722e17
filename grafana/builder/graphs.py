"""Panels over time: single numbers, lines, bars of counts, states, and bars of shares."""

from collections.abc import Mapping

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    stat,
    statetimeline,
    timeseries,
)
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import DynamicConfigValue, FieldColorModeId

from grafana.builder.panels import (
    BAD,
    GOOD,
    PLAIN,
    State,
    asked,
    dashed,
    legend,
    mapped,
    steps,
    told,
    tooltip,
)
from grafana.builder.queries import Query


def number(
    title: str, description: str, unit: str, expr: str, alert: str = "", name: str = ""
) -> stat.Panel:
    """Return a panel of the newest value. name: shown in its place, such as ``{{state}}``."""
    text = BigValueTextMode.NAME if name else BigValueTextMode.VALUE
    panel = told(stat.Panel(), title, description, unit, alert)
    return (
        asked(panel, [Query(expr, name or title)])
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .color_mode(BigValueColorMode.VALUE)
        .graph_mode(BigValueGraphMode.NONE)
        .text_mode(text)
        .thresholds(steps((None, PLAIN)))
    )


def fault(title: str, description: str, unit: str, expr: str, alert: str = "") -> stat.Panel:
    """Return the same for a number that should be 0: red from 1 on."""
    return (
        number(title, description, unit, expr, alert)
        .color_mode(BigValueColorMode.BACKGROUND)
        .thresholds(steps((None, GOOD), (1, BAD)))
    )


def state(
    title: str, description: str, states: Mapping[int, State], expr: str, alert: str = ""
) -> stat.Panel:
    """Return the same for a value that stands for a state."""
    return (
        number(title, description, "none", expr, alert)
        .color_mode(BigValueColorMode.BACKGROUND)
        .mappings(mapped(states))
    )


def lines(
    title: str, description: str, unit: str, *queries: Query, alert: str = ""
) -> timeseries.Panel:
    """Return a panel of lines."""
    panel = asked(told(timeseries.Panel(), title, description, unit, alert), queries)
    panel = (
        panel.legend(legend())
        .tooltip(tooltip())
        .line_width(1)
        .fill_opacity(5)
        .show_points(VisibilityMode.AUTO)
    )
    return dashed(panel, queries)


def bars(title: str, description: str, *queries: Query, alert: str = "") -> timeseries.Panel:
    """Return a panel of counts between one point of the graph and the next, on one another."""
    return (
        lines(title, description, "short", *queries, alert=alert)
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(60)
        .stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A"))
        .min(0)
    )


def states(
    title: str, description: str, names: Mapping[int, State], query: Query, alert: str = ""
) -> statetimeline.Panel:
    """Return a panel of a state over time, a row a series."""
    panel = told(statetimeline.Panel(), title, description, "none", alert)
    return (
        asked(panel, [query])
        .mappings(mapped(names))
        .color_scheme(dashboard.FieldColor().mode(FieldColorModeId.THRESHOLDS))
        .show_value(VisibilityMode.NEVER)
        .merge_values(True)
        .row_height(0.8)
        .fill_opacity(80)
        .line_width(0)
        .legend(legend())
        .tooltip(tooltip())
    )


def shares(title: str, description: str, query: Query, alert: str = "") -> bargauge.Panel:
    """Return a panel of the newest values as bars that are full, and red, at 1."""
    panel = told(bargauge.Panel(), title, description, "percentunit", alert)
    return (
        asked(panel, [query])
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .min(0)
        .max(1)
        .thresholds(steps((None, GOOD), (1, BAD)))
    )


def right_axis(panel: timeseries.Panel, letter: str, unit: str) -> timeseries.Panel:
    """Put a query on an axis of its own, at the right, with its unit."""
    return panel.override_by_query(
        letter,
        [
            DynamicConfigValue("unit", unit),
            DynamicConfigValue("custom.axisPlacement", "right"),
        ],
    )
