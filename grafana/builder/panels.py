"""What all panels have: a title, words for those who look at it, queries, a way to the runbook."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from grafana_foundation_sdk.builders import (
    barchart,
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
    trend,
)
from grafana_foundation_sdk.models.common import (
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMapping,
    ValueMappingResult,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.builder.queries import DATASOURCE, Query

Panel = (
    barchart.Panel
    | bargauge.Panel
    | stat.Panel
    | statetimeline.Panel
    | table.Panel
    | timeseries.Panel
    | trend.Panel
)
P = TypeVar(
    "P",
    barchart.Panel,
    bargauge.Panel,
    stat.Panel,
    statetimeline.Panel,
    table.Panel,
    timeseries.Panel,
    trend.Panel,
)

RUNBOOK = "${driftd}/runbook"
GOOD, WARNED, BAD, PLAIN = "green", "orange", "red", "text"

State = tuple[str, str]
"""What a value says, and its colour."""

ALARM: Mapping[int, State] = {0: ("calm", GOOD), 1: ("ticket", WARNED), 2: ("page", BAD)}


def told(panel: P, title: str, description: str, unit: str, alert: str) -> P:
    """Give a panel its title, words and unit, and a link to an alert in the runbook, "" for none.

    description: what is shown, what is bad, and where to look then.
    """
    panel = panel.title(title).description(description).unit(unit)
    panel = panel.datasource(DataSourceRef("prometheus", DATASOURCE))
    return panel.links([_runbook(alert)]) if alert else panel


def asked(panel: P, queries: Sequence[Query]) -> P:
    """Give a panel its queries over the time range of the dashboard."""
    for letter, query in zip(letters(len(queries)), queries, strict=True):
        panel = panel.with_target(
            prometheus.Dataquery()
            .ref_id(letter)
            .datasource(DataSourceRef("prometheus", DATASOURCE))
            .expr(query.expr)
            .legend_format(query.legend)
            .range()
        )
    return panel


def asked_once(panel: P, exprs: Sequence[str]) -> P:
    """Give a panel its queries at the end of the time range: a row a series, labels in columns."""
    for letter, expr in zip(letters(len(exprs)), exprs, strict=True):
        panel = panel.with_target(
            prometheus.Dataquery()
            .ref_id(letter)
            .datasource(DataSourceRef("prometheus", DATASOURCE))
            .expr(expr)
            .format(PromQueryFormat.TABLE)
            .instant()
        )
    return panel


def letters(count: int) -> str:
    """Return the names of so many queries: A, B, C, ..."""
    return "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[:count]


def mapped(states: Mapping[int, State]) -> list[ValueMapping]:
    """Return the words and colours of values."""
    return [
        ValueMap(
            {
                str(value): ValueMappingResult(text=text, color=color, index=at)
                for at, (value, (text, color)) in enumerate(states.items())
            }
        )
    ]


def steps(*colors: tuple[float | None, str]) -> dashboard.ThresholdsConfig:
    """Return colours by the value from which on they hold; the first one holds below."""
    return (
        dashboard.ThresholdsConfig()
        .mode(ThresholdsMode.ABSOLUTE)
        .steps([Threshold(value, color) for value, color in colors])
    )


def dashed(panel: P, queries: Sequence[Query]) -> P:
    """Draw those queries dashed that are what the others are compared with."""
    for letter, query in zip(letters(len(queries)), queries, strict=True):
        if query.bound:
            panel = panel.override_by_query(
                letter,
                [
                    DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [8, 6]}),
                    DynamicConfigValue("custom.fillOpacity", 0),
                ],
            )
    return panel


def legend() -> common.VizLegendOptions:
    """Return a legend below the graph."""
    return (
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def tooltip() -> common.VizTooltipOptions:
    """Return a tooltip that tells all values at one point, the largest first."""
    return common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)


def _runbook(alert: str) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(f"Runbook: {alert}")
        .type(DashboardLinkType.LINK)
        .url(f"{RUNBOOK}#{alert.lower()}")
        .tooltip("What it means and what to do")
        .target_blank(True)
    )
