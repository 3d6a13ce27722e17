"""All dashboards, as the JSON that Grafana reads."""

from collections.abc import Callable

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.builder.daemon import daemon
from grafana.builder.fleet import fleet
from grafana.builder.model import model
from grafana.builder.performance import performance
from grafana.builder.robustness import robustness

DASHBOARDS: tuple[Callable[[], Dashboard], ...] = (fleet, model, performance, robustness, daemon)


def written() -> dict[str, str]:
    """Return the text of every dashboard by the name of its file."""
    encoder = JSONEncoder(sort_keys=True, indent=1, ensure_ascii=False)
    built = [make().build() for make in DASHBOARDS]
    return {f"{each.uid}.json": encoder.encode(each) + "\n" for each in built}
