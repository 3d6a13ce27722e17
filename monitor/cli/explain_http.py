"""What `driftd check` says of the HTTP server, for machines and for people."""

from collections.abc import Mapping
from typing import Any

from monitor.config import Settings
from monitor.config.web_config import WebConfig, WebConfigFile

CLIENTS = {
    "VerifyClientCertIfGiven": "clients' certificates verified if given",
    "RequireAndVerifyClientCert": "clients need a certificate",
}


def outline_http(settings: Settings) -> dict[str, Any]:
    """Return who is let in and how, as JSON."""
    path = settings.web_config
    config = WebConfig() if path is None else WebConfigFile(path).read()
    return {
        "tls": config.tls.enabled,
        "client_auth_type": config.tls.client_auth_type or "NoClientCert",
        "users": sorted(config.users),
    }


def explain_http(told: Mapping[str, Any]) -> str:
    """Return what was outlined in words, "" for plain HTTP that everybody may use."""
    parts = ["TLS"] if told["tls"] else []
    if told["client_auth_type"] in CLIENTS:
        parts.append(CLIENTS[told["client_auth_type"]])
    if told["users"]:
        parts.append(f"users: {', '.join(told['users'])}")
    return "; ".join(parts)
