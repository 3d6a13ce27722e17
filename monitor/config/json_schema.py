"""The JSON Schema of the configuration, for editors."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from monitor.config.settings import Settings


def json_schema() -> dict[str, Any]:
    """Return the schema that a configuration file, without the environment, must fit.

    JSON Schema Draft 2020-12. It knows types, names and patterns; `driftd check` knows more.
    """
    return {"$schema": GenerateJsonSchema.schema_dialect, **Settings.model_json_schema()}
