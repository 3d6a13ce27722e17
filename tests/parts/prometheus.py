"""A real Prometheus server that scrapes one target every second, for tests."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.parts.ports import free_port
from tests.parts.servers import START_S, ServerError, find, wait_until_ready

SCRAPE_S = 1
JOB = "driftd"


def check_metrics(text: bytes) -> tuple[int, str]:
    """Return the exit status of `promtool check metrics` on a scrape, and what it says."""
    command = [find("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, check=False)
    return done.returncode, (done.stdout + done.stderr).decode()


@dataclass
class Prometheus:
    """Prometheus with its data in ``folder``, scraping ``target`` (host:port) each second.

    rules: files of alert rules, evaluated each second. alertmanager: host and port of where
    alerts go, "" for nowhere. scrape: further keys of the job that scrapes.
    """

    folder: Path
    target: str
    rules: Sequence[Path] = ()
    alertmanager: str = ""
    scrape: Mapping[str, Any] = field(default_factory=dict)
    address: str = ""
    process: subprocess.Popen[bytes] | None = None

    def query(self, promql: str) -> list[dict[str, Any]]:
        """Return the result of an instant query: one {"metric", "value"} for each series."""
        answer = self._get("query", query=promql)
        result: list[dict[str, Any]] = answer["data"]["result"]
        return result

    def value(self, promql: str) -> float:
        """Return the value of a query that has one series. Raises ServerError if not."""
        result = self.query(promql)
        if len(result) != 1:
            raise ServerError(f"{promql!r} has {len(result)} series, not one: {result}")
        return float(result[0]["value"][1])

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing, with their labels and annotations."""
        found: list[dict[str, Any]] = self._get("alerts")["data"]["alerts"]
        return found

    def rule_problems(self) -> list[str]:
        """Return what Prometheus says is wrong with rules that it cannot evaluate."""
        groups = self._get("rules")["data"]["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return [f"{rule['name']}: {rule['lastError']}" for rule in rules if rule["health"] == "err"]

    def target_state(self) -> dict[str, Any]:
        """Return what Prometheus says of the target: health, lastError, lastScrape, ..."""
        (state,) = self._get("targets", state="active")["data"]["activeTargets"]
        found: dict[str, Any] = state
        return found

    def wait_for_scrapes(self, scrapes: int = 1) -> None:
        """Wait until so many scrapes more have been stored.

        Raises ServerError, with what Prometheus says of the target, if they are not.
        """
        deadline = time.monotonic() + START_S
        last = time.time()
        while time.monotonic() < deadline:
            for series in self.query(f'timestamp(up{{job="{JOB}"}}) > {last}'):
                last = float(series["value"][1])
                scrapes -= 1
            if scrapes <= 0:
                return
            time.sleep(0.1)
        raise ServerError(f"the target was not scraped: {self.target_state()}")

    def log(self) -> str:
        """What Prometheus has logged."""
        return (self.folder / "prometheus.log").read_text()

    def __enter__(self) -> "Prometheus":
        self.address = f"127.0.0.1:{free_port()}"
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(self._configuration()))
        with (self.folder / "prometheus.log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    find("prometheus"),
                    f"--config.file={self.folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={self.folder / 'data'}",
                    f"--web.listen-address={self.address}",
                ],
                stdout=log,
                stderr=log,
            )
        wait_until_ready(
            f"http://{self.address}/-/ready", self.process, self.folder / "prometheus.log"
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(START_S)

    def _configuration(self) -> dict[str, Any]:
        every = f"{SCRAPE_S}s"
        told: dict[str, Any] = {
            "global": {
                "scrape_interval": every,
                "scrape_timeout": every,
                "evaluation_interval": every,
            },
            "rule_files": [str(path) for path in self.rules],
            "scrape_configs": [
                {"job_name": JOB, "static_configs": [{"targets": [self.target]}], **self.scrape},
            ],
        }
        if self.alertmanager:
            receiver = {"static_configs": [{"targets": [self.alertmanager]}]}
            told["alerting"] = {"alertmanagers": [receiver]}
        return told

    def _get(self, path: str, **parameters: str) -> dict[str, Any]:
        response = httpx.get(f"http://{self.address}/api/v1/{path}", params=parameters)
        answer: dict[str, Any] = response.json()
        if answer["status"] != "success":
            raise ServerError(f"{path} {parameters}: {answer}")
        return answer
