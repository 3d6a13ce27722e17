"""What a stress test of an endpoint may do at most."""

from pydantic import BaseModel, Field, field_validator

from monitor.config.errors import show_value
from monitor.config.rate import Rate
from monitor.config.section import SECTION

HOST_CHARACTERS = frozenset("/@?# ")


class LoadConfig(BaseModel):
    """Who may be stressed, and how much; without this section nobody is."""

    model_config = SECTION

    hosts: list[str] = Field(
        min_length=1,
        description="The hosts that load may go to, as host (any port) or host:port.",
        examples=[["credit-staging:8080"]],
    )
    max_rate: Rate = Field(
        "100/s", validate_default=True, description="The most requests in a time."
    )
    max_requests: int = Field(
        10_000, ge=1, description="The most requests of one load requirement, hostile ones too."
    )

    @field_validator("hosts")
    @classmethod
    def _require_hosts(cls, hosts: list[str]) -> list[str]:
        for host in hosts:
            if not host or HOST_CHARACTERS & set(host):
                raise ValueError(
                    f"{show_value(host)} is not a host; host or host:port, such as credit:8080"
                )
        return [host.lower() for host in hosts]
