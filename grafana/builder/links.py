"""Addresses of the dashboards, with what is looked at kept."""

FLEET, MODEL, PERFORMANCE, ROBUSTNESS, DAEMON = (
    "driftd-fleet",
    "driftd-model",
    "driftd-performance",
    "driftd-robustness",
    "driftd-daemon",
)
"""The uid of each dashboard, by which links find it."""

KEPT = "${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${__url_time_range}"


def from_row(uid: str, *labels: str) -> str:
    """Return the address of a dashboard for what a table's row is about.

    labels: columns of the table, each the variable of its name.
    """
    chosen = "".join(f"&var-{label}=${{__data.fields.{label}}}" for label in labels)
    return f"/d/{uid}?{KEPT}{chosen}"
