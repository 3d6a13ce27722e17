"""A dashboard: its variables, its way to the other ones, and its panels in rows."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    GridPos,
)

from grafana.builder.panels import BAD, RUNBOOK, Panel
from grafana.builder.queries import DATASOURCE
from grafana.builder.variables import Variable

WIDTH = 24
TAG = "driftd"


@dataclass(frozen=True, slots=True)
class Row:
    """Panels side by side, under a heading or below the row before, "".

    height: of each, in units of Grafana's grid. panels: each with its width, of WIDTH together.
    """

    title: str
    height: int
    panels: Sequence[tuple[int, Panel]]


def framed(
    uid: str,
    title: str,
    description: str,
    variables: Sequence[Variable],
    rows: Sequence[Row],
    back: str = "now-24h",
    pages: str = "",
) -> dashboard.Dashboard:
    """Return a dashboard.

    back: where its time range begins. pages: a query that has a value while there is a page,
    which is then marked in every graph.
    """
    frame = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .time(back, "now")
        .timezone("browser")
        .refresh("1m")
        .link(_others())
        .link(_runbook())
    )
    for variable in variables:
        frame = frame.with_variable(variable)
    if pages:
        frame = frame.annotation(_marked(pages))
    return _with_rows(frame, rows)


def _with_rows(frame: dashboard.Dashboard, rows: Sequence[Row]) -> dashboard.Dashboard:
    number, top = 1, 0
    for row in rows:
        if row.title:
            place = GridPos(h=1, w=WIDTH, x=0, y=top)
            frame = frame.with_row(dashboard.Row(row.title).id(number).grid_pos(place))
            number, top = number + 1, top + 1
        left = 0
        for width, panel in row.panels:
            place = GridPos(h=row.height, w=width, x=left, y=top)
            frame = frame.with_panel(panel.id(number).grid_pos(place))
            number, left = number + 1, left + width
        top += row.height
    return frame


def _marked(pages: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name("Pages")
        .datasource(DataSourceRef("prometheus", DATASOURCE))
        .enable(True)
        .icon_color(BAD)
        .expr(pages)
    )


def _others() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("driftd")
        .type(DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .tooltip("The other dashboards, for the same model and time")
        .include_vars(True)
        .keep_time(True)
    )


def _runbook() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("Runbook")
        .type(DashboardLinkType.LINK)
        .icon("doc")
        .url(RUNBOOK)
        .tooltip("What each alert means and what to do")
        .target_blank(True)
    )
