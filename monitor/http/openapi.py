"""The OpenAPI document of the HTTP side, with schemas made from the document types."""

from functools import cache
from typing import Any

import msgspec

from monitor import document_types as types
from monitor import event_types, feature_types, retest_types
from monitor.alerts.notification import AlertAnswers, Notification
from monitor.build import read_build
from monitor.http.alert_routes import Actions
from monitor.http.exposition import CONTENT_TYPE
from monitor.http.problems import MEDIA_TYPE
from monitor.retest.result import Run

REFERENCE = "#/components/schemas/{name}"


class Problem(msgspec.Struct, frozen=True):
    """Why a request was not served (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


@cache
def openapi_document() -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of every path that is served."""
    _, schemas = msgspec.json.schema_components(
        [
            types.Status,
            types.Models,
            types.Model,
            feature_types.FeatureDetail,
            retest_types.Runs,
            retest_types.Ask,
            retest_types.Asked,
            Run,
            event_types.Events,
            event_types.Finding,
            Actions,
            AlertAnswers,
            Notification,
            Problem,
        ],
        ref_template=REFERENCE,
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "driftd",
            "version": read_build().version,
            "description": "What driftd knows of the models that it watches.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, Any]:
    unknown = {
        "404": _answer("There is no model, feature or run of this name.", MEDIA_TYPE, "Problem")
    }
    unready = {"503": _answer("It does not monitor; the text says why.", "text/plain")}
    name = _in_path("model", "The model's name in the configuration.")
    return {
        "/": _get("page", "The models at one look, for people.", "text/html"),
        "/runbook": _get("runbook", "What each alert means and what to do.", "text/html"),
        "/metrics": _get("metrics", "All metrics, in the text format.", CONTENT_TYPE),
        "/-/healthy": _get("healthy", "Whether the process answers.", "text/plain"),
        "/-/ready": _get("ready", "Whether it monitors.", "text/plain", more=unready),
        "/-/reload": _reload(),
        "/api/v1/status": _get("status", "The daemon at one look.", schema="Status"),
        "/api/v1/models": _get("models", "Every model in one row.", schema="Models"),
        "/api/v1/models/{model}": {
            "parameters": [name],
            **_get("model", "All that is known of a model.", schema="Model", more=unknown),
        },
        "/api/v1/models/{model}/features/{feature}": {
            "parameters": [name, _in_path("feature", "The feature's name in the configuration.")],
            **_get("feature", "A feature, then and now.", schema="FeatureDetail", more=unknown),
        },
        "/api/v1/models/{model}/retests": {
            "parameters": [name],
            **_get("retests", "The history of its re-tests.", schema="Runs", more=unknown),
            **_begin_retest(),
        },
        "/api/v1/models/{model}/retests/{run}": {
            "parameters": [name, _in_path("run", "The run's id in the history.")],
            **_get("retest", "A whole run.", schema="Run", more=unknown),
        },
        **_event_paths(),
        "/api/v1/alerts": {
            **_get("alerts", "What alerts started, the newest first.", schema="Actions"),
            **_receive_alerts(),
        },
        "/api/v1/openapi.json": _get("openapi", "This document."),
    }


def _begin_retest() -> dict[str, Any]:
    return _change(
        "beginRetest",
        "Run a re-test now.",
        {"202": _answer("It begins.", schema="Asked")},
        {
            "400": "The body is not as described, or does not say which of several re-tests.",
            "404": "There is no model or re-test of this name.",
            "409": "One of the model's re-tests runs already.",
            "413": "The body is too long.",
        },
        _body("Ask", required=False),
    )


def _reload() -> dict[str, Any]:
    return _change(
        "reload",
        "Read the configuration and the references again.",
        {"200": _answer("What is on disk is in force.", "text/plain")},
        {"500": "The old configuration stays in force; the text says why."},
    )


def _event_paths() -> dict[str, Any]:
    failing = {"503": _answer("The store cannot be read now.", MEDIA_TYPE, "Problem")}
    unknown = {
        "404": _answer("There is no event of this id.", MEDIA_TYPE, "Problem"),
        **failing,
    }
    wrong = {
        "400": _answer("A parameter is not as described.", MEDIA_TYPE, "Problem"),
        "404": _answer("There is no model of this name.", MEDIA_TYPE, "Problem"),
        **failing,
    }
    id_ = _in_path("id", "The event's id.")
    listed = _get("events", "Events, the newest first.", schema="Events", more=wrong)
    listed["get"]["parameters"] = [
        _in_query("model", "Events of this model only.", {"type": "string"}),
        _in_query("open", "Events whose cause goes on, or does not.", {"type": "boolean"}),
        _in_query("before", "Events older than the one with this id.", {"type": "string"}),
        _in_query(
            "limit",
            "At most so many.",
            {"type": "integer", "minimum": 1, "maximum": event_types.MOST_EVENTS, "default": 100},
        ),
    ]
    return {
        "/api/v1/events": listed,
        "/api/v1/events/{id}": {
            "parameters": [id_],
            **_get("event", "An event.", schema="StoredEvent", more=unknown),
        },
        "/api/v1/events/{id}/result": {"parameters": [id_], **_add_result()},
    }


def _add_result() -> dict[str, Any]:
    return _change(
        "addResult",
        "Tell what a re-evaluation that the event started found.",
        {"201": _answer("It is kept; the same result again changes nothing.", schema="Result")},
        {
            "400": "The body is not as described.",
            "404": "There is no event of this id.",
            "413": "The body is too long.",
            "503": "The store cannot be written now; post it again.",
        },
        _body("Finding"),
    )


def _receive_alerts() -> dict[str, Any]:
    return _change(
        "receiveAlerts",
        "Start what the alerts ask for that Alertmanager tells of (its webhook, version 4).",
        {"200": _answer("What each alert led to.", schema="AlertAnswers")},
        {
            "400": "The body is not as described.",
            "413": "The body is too long.",
            "503": "The alerts could not be stored, and start nothing; send them again.",
        },
        _body("Notification"),
    )


def _change(
    operation: str,
    summary: str,
    answers: dict[str, Any],
    problems: dict[str, str],
    body: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a call that changes something; problems: when it is refused, by status."""
    refusals = {
        "401": "The call does not bear the token.",
        "403": "No token is configured, so nothing can be changed.",
        **problems,
    }
    return {
        "post": {
            "operationId": operation,
            "summary": summary,
            "security": [{"token": []}],
            **(body or {}),
            "responses": answers
            | {status: _answer(each, MEDIA_TYPE, "Problem") for status, each in refusals.items()},
        }
    }


def _body(schema: str, required: bool = True) -> dict[str, Any]:
    content = {"application/json": {"schema": _reference(schema)}}
    return {"requestBody": {"required": required, "content": content}}


def _in_query(name: str, description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _in_path(name: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
    }


def _get(
    operation: str,
    summary: str,
    media_type: str = "application/json",
    schema: str = "",
    more: dict[str, Any] | None = None,
) -> dict[str, Any]:
    answers = {"200": _answer(summary, media_type, schema), **(more or {})}
    return {"get": {"operationId": operation, "summary": summary, "responses": answers}}


def _answer(
    description: str, media_type: str = "application/json", schema: str = ""
) -> dict[str, Any]:
    content = {"schema": _reference(schema)} if schema else {}
    return {"description": description, "content": {media_type: content}}


def _reference(schema: str) -> dict[str, str]:
    return {"$ref": REFERENCE.format(name=schema)}
