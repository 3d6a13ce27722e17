"""Variables of the dashboards: what is looked at."""

from grafana_foundation_sdk.builders.dashboard import DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    VariableHide,
    VariableRefresh,
    VariableSort,
)

from grafana.builder.queries import DATASOURCE, Selector

ANY, NOT_EMPTY = ".*", ".+"
PLACE = ("job", "instance")

Variable = DatasourceVariable | QueryVariable


def place() -> list[Variable]:
    """Return the variables of every dashboard: the data source, and which daemons are meant.

    The last of them is hidden: where people reach the daemon, for links.
    """
    at = Selector(PLACE)
    return [
        DatasourceVariable("datasource")
        .label("Data source")
        .type("prometheus")
        .description("The Prometheus that scrapes driftd."),
        _several("job", "label_values(driftd_build_info, job)", NOT_EMPTY),
        _several("instance", 'label_values(driftd_build_info{job=~"$job"}, instance)', NOT_EMPTY),
        _query("driftd", f"label_values({at('driftd_external_url_info')}, url)").hide(
            VariableHide.HIDE_VARIABLE
        ),
    ]


def models() -> Variable:
    """Return the variable of a dashboard over many models."""
    at = Selector(PLACE)
    return _several("model", f"label_values({at('driftd_model_info')}, model)", NOT_EMPTY)


def model() -> Variable:
    """Return the variable of a dashboard about one model."""
    at = Selector(PLACE)
    return _query("model", f"label_values({at('driftd_model_info')}, model)")


def streams() -> list[Variable]:
    """Return the variables of which of a model's streams are meant; both may be empty labels."""
    of = Selector((*PLACE, "model"))
    within = Selector((*PLACE, "model", "version"))
    return [
        _several("version", f"label_values({of('driftd_model_info')}, version)", ANY),
        _several("segment", f"label_values({within('driftd_model_info')}, segment)", ANY),
    ]


def feature() -> Variable:
    """Return the variable of one feature: the one with the strongest evidence comes first."""
    evidence = Selector((*PLACE, "model", "version", "segment"))("driftd_feature_evidence")
    return (
        _query("feature", f"query_result(sort_desc(max by (feature) ({evidence})))")
        .regex('/feature="([^"]*)"/')
        .sort(VariableSort.DISABLED)
    )


def one(name: str, metric: str, known: tuple[str, ...]) -> Variable:
    """Return a variable that holds one value of a label.

    metric: whose label it is. known: labels in its selector, by the variables before.
    """
    return _query(name, f"label_values({Selector(known)(metric)}, {name})")


def several(name: str, metric: str, known: tuple[str, ...], every: str = NOT_EMPTY) -> Variable:
    """Return the same for several values, or all; every: ANY for a label that may be empty."""
    return _several(name, f"label_values({Selector(known)(metric)}, {name})", every)


def _several(name: str, query: str, every: str) -> QueryVariable:
    """every: the pattern that stands for all values."""
    return _query(name, query).multi(True).include_all(True).all_value(every)


def _query(name: str, query: str) -> QueryVariable:
    return (
        QueryVariable(name)
        .label(name.capitalize())
        .datasource(DataSourceRef("prometheus", DATASOURCE))
        .query(query)
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.NATURAL_ASC)
    )
