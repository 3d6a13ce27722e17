"""What the status of a readiness check means."""

from typing import Any

import msgspec

from monitor.retest.endpoints.transport import LONGEST_PROBLEM
from monitor.retest.model import EndpointError


def require_ready(path: str, status: int, answer: Any) -> None:
    """Raise EndpointError unless a readiness check was answered with 200."""
    if status == 200:
        return
    told = "" if answer is None else f": {msgspec.json.encode(answer).decode()[:LONGEST_PROBLEM]}"
    said = f"{path} answered {status}{told}"
    if status in (401, 403):
        raise EndpointError("refused", f"{said}; correct endpoint.credentials")
    if status == 404:
        raise EndpointError("unknown_model", f"{said}; correct endpoint.url or endpoint.model")
    raise EndpointError("not_ready", f"{said}; wait until the model is ready")
