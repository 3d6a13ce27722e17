"""The dashboards obey the rules of Grafana's dashboard-linter, and some of our own.

Source: github.com/grafana/dashboard-linter, docs/rules. Its promql rules are in test_queries.
"""

import doctest
import re
from itertools import pairwise

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

import grafana.builder.queries
from grafana.builder.dashboards import written
from grafana.builder.links import DAEMON, FLEET, MODEL, PERFORMANCE, ROBUSTNESS
from monitor.rules.runbook import runbook_page
from tests.grafana.dashboards import DASHBOARDS, FOLDER, METRIC, panels, queries, variables

QUERIES = list(queries())
NAMES = [each["uid"] for each in DASHBOARDS]

MOST_PANELS = 16
UNITS = {value for name, value in vars(units).items() if name[0].isupper()}
SELECTOR = re.compile(rf"({METRIC.pattern})(\{{[^}}]*\}})?")
COUNTED = re.compile(r"(\w+)\(driftd_\w+_(?:total|bucket|sum)\{[^}]*\}\[([^\]]*)\]")
COUNTER = re.compile(r"\bdriftd_\w+_(?:total|bucket|sum)\{")
NUMERIC = ("stat", "timeseries", "bargauge", "trend", "barchart", "table")

on_each_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=NAMES)
on_each_query = pytest.mark.parametrize("asked", QUERIES, ids=[each.name for each in QUERIES])


def test_the_files_are_what_the_code_writes():
    files = {path.name: path.read_text() for path in (FOLDER / "dashboards").iterdir()}
    assert files == written(), "run: python -m grafana.builder"


@on_each_dashboard
def test_the_schema_knows_all_of_a_dashboard(dashboard):
    encoder = JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False)
    text = encoder.encode(Dashboard.from_json(dashboard)) + "\n"
    assert text == (FOLDER / "dashboards" / f"{dashboard['uid']}.json").read_text()


def test_the_five_dashboards_are_found_by_their_uid():
    assert set(NAMES) == {FLEET, MODEL, PERFORMANCE, ROBUSTNESS, DAEMON}
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,40}", name) for name in NAMES)


@on_each_dashboard
def test_nobody_edits_a_dashboard_in_grafana(dashboard):
    assert dashboard["editable"] is False
    assert not {"id", "__inputs"} & dashboard.keys()


@on_each_dashboard
def test_one_data_source_variable_comes_first(dashboard):
    first, *others = variables(dashboard).values()
    assert (first["type"], first["name"], first["label"], first["query"]) == (
        "datasource", "datasource", "Data source", "prometheus"
    )  # fmt: skip
    assert "datasource" not in {each["type"] for each in others}


@on_each_dashboard
@pytest.mark.parametrize("name", ["job", "instance"])
def test_job_and_instance_can_be_chosen(dashboard, name):
    variable = variables(dashboard)[name]
    assert (variable["label"], variable["multi"], variable["allValue"]) == (
        name.title(),
        True,
        ".+",
    )


@on_each_dashboard
def test_variables_are_asked_anew_when_the_time_changes(dashboard):
    for variable in variables(dashboard).values():
        if variable["type"] == "query":
            assert variable["refresh"] == 2
            assert variable["datasource"]["uid"] == "${datasource}"
            assert re.match(r"(label_values|query_result)\(", variable["query"])


@on_each_dashboard
def test_a_variable_uses_only_those_before_it(dashboard):
    known = set()
    for name, variable in variables(dashboard).items():
        assert set(re.findall(r"\$(\w+)", str(variable["query"]))) <= known
        known.add(name)


@on_each_dashboard
def test_every_panel_tells_what_it_shows(dashboard):
    titles = [each["title"] for each in panels(dashboard)]
    assert len(titles) == len(set(titles))
    for panel in panels(dashboard):
        assert panel["title"]
        assert len(panel["description"]) > 40
        assert panel["description"].endswith(".")


@on_each_dashboard
def test_every_panel_has_a_unit(dashboard):
    for panel in panels(dashboard):
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        for override in panel["fieldConfig"]["overrides"]:
            for each in override["properties"]:
                assert each["id"] != "unit" or each["value"] in UNITS


@on_each_dashboard
def test_panels_are_few_and_fill_the_grid_without_overlap(dashboard):
    assert len(panels(dashboard)) <= MOST_PANELS
    ids = [each["id"] for each in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    places = [each["gridPos"] for each in dashboard["panels"]]
    for top in {place["y"] for place in places}:
        row = sorted((place for place in places if place["y"] == top), key=lambda each: each["x"])
        assert sum(place["w"] for place in row) == 24
        assert len({place["h"] for place in row}) == 1
        assert all(one["x"] + one["w"] == other["x"] for one, other in pairwise(row))
        assert not any(top < place["y"] < top + row[0]["h"] for place in places)


def test_the_examples_of_a_selector_hold():
    assert doctest.testmod(grafana.builder.queries).failed == 0


@on_each_query
def test_every_query_asks_the_chosen_data_source_under_a_name_of_its_own(asked):
    assert asked.panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
    assert asked.target["datasource"] == asked.panel["datasource"]
    names = [each["refId"] for each in asked.panel["targets"]]
    assert len(names) == len(set(names))
    assert all(names)


@on_each_query
def test_every_selector_obeys_job_and_instance(asked):
    found = SELECTOR.findall(asked.target["expr"])
    assert found
    for metric, matchers in found:
        assert matchers.startswith('{job=~"$job", instance=~"$instance"'), metric


@on_each_query
def test_every_selector_obeys_the_variables_that_are_its_labels(asked):
    if "model" in variables(asked.dashboard):
        for metric, matchers in SELECTOR.findall(asked.target["expr"]):
            assert "$model" in matchers or metric == "up"


@on_each_query
def test_counters_are_asked_how_fast_they_grow(asked):
    counted = COUNTED.findall(asked.target["expr"])
    assert len(counted) == len(COUNTER.findall(asked.target["expr"]))
    for function, interval in counted:
        assert (function, interval) in {
            ("rate", "$__rate_interval"),
            ("increase", "$__rate_interval"),
            ("increase", "$__range"),
        }


@on_each_query
def test_no_threshold_of_drift_stands_in_a_query(asked):
    assert not re.search(r"[<>]=?\s*[\d.]", asked.target["expr"])


@on_each_dashboard
def test_every_dashboard_leads_to_the_others_with_what_is_chosen(dashboard):
    (others,) = (each for each in dashboard["links"] if each["type"] == "dashboards")
    assert others["tags"] == dashboard["tags"] == ["driftd"]
    assert others["includeVars"]
    assert others["keepTime"]


@on_each_dashboard
def test_links_lead_to_sections_that_the_runbook_has(dashboard):
    page = runbook_page()
    links = [each for panel in panels(dashboard) for each in panel.get("links") or ()]
    assert links
    for link in links:
        start, _, section = link["url"].partition("#")
        assert start == "${driftd}/runbook"
        assert f'id="{section}"' in page


@on_each_dashboard
def test_links_in_tables_lead_to_dashboards_and_set_variables_that_they_have(dashboard):
    known = {each["uid"]: variables(each).keys() for each in DASHBOARDS}
    for panel in panels(dashboard):
        for override in panel["fieldConfig"]["overrides"]:
            for each in override["properties"]:
                for link in each["value"] if each["id"] == "links" else ():
                    uid = re.match(r"/d/([\w-]+)\?", link["url"])[1]
                    assert set(re.findall(r"&var-(\w+)=", link["url"])) <= known[uid]


@on_each_dashboard
def test_the_columns_that_tables_dress_or_sort_are_there(dashboard):
    for panel in panels(dashboard):
        if panel["type"] == "table":
            there = {
                label
                for target in panel["targets"]
                for labels in re.findall(r"by \(([^)]*)\)", target["expr"])
                for label in labels.split(", ")
            }
            for step in panel["transformations"]:
                there |= set(step["options"].get("renameByName", {}).values())
            overrides = panel["fieldConfig"]["overrides"]
            named = {each["matcher"]["options"] for each in overrides}
            sorted_by = {each["displayName"] for each in panel.get("options", {}).get("sortBy", ())}
            assert named | sorted_by <= there


def test_provisioning_names_the_data_source_and_a_folder_of_dashboards():
    folder = FOLDER / "provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["type"], source["access"], source["isDefault"]) == ("prometheus", "proxy", True)
    (provider,) = yaml.safe_load((folder / "dashboards/driftd.yml").read_text())["providers"]
    assert (provider["type"], provider["allowUiUpdates"]) == ("file", False)
