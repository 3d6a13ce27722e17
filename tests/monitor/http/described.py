"""Answers of the API, held against its own description."""

import httpx
import jsonschema


def described(client: httpx.Client, answer: httpx.Response, path: str) -> None:
    """Check an answer against the API's own description."""
    document = client.get("/api/v1/openapi.json").json()
    operation = document["paths"][path][answer.request.method.lower()]
    media_type = answer.headers["Content-Type"]
    schema = operation["responses"][str(answer.status_code)]["content"][media_type]["schema"]
    jsonschema.validate(answer.json(), {**schema, "components": document["components"]})
