"""One `driftd run --until-end` in a process of its own, with its speed, memory and CPU."""

import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx
import psutil
from prometheus_client.parser import text_string_to_metric_families

SAMPLE_S = 0.1
SCRAPE_S = 1.0


@dataclass
class WatchedRun:
    """What was seen of a run.

    rate: records a second between its start and its stop, without start-up. resident: unix
    time and resident bytes, sampled all along. anonymous: the same without pages of files, which
    the kernel takes back whenever it needs them. started: unix time. shares: the last scrape's
    part of the CPU time since the first scrape that each stage took. scrape_s: how long each
    scrape took.
    """

    rate: float = 0.0
    started: float = 0.0
    resident: list[tuple[float, int]] = field(default_factory=list)
    anonymous: list[tuple[float, int]] = field(default_factory=list)
    shares: dict[str, float] = field(default_factory=dict)
    scrape_s: list[float] = field(default_factory=list)


def watch(config: Path, records: int, scrape: bool) -> WatchedRun:
    """Run the daemon to the end of what there is; scrape it every second where asked to."""
    log = config.with_suffix(".log")
    command = [sys.executable, "-m", "monitor", "run", "-c", str(config), "--until-end"]
    seen = WatchedRun()
    with log.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)
        _follow(process, log, seen, scrape)
    said = log.read_text()
    if process.returncode != 0:
        raise RuntimeError(f"driftd run ended with {process.returncode}:\n{said}")
    seen.started = _moment(said, "started")
    seen.rate = records / (_moment(said, "stopping") - seen.started)
    return seen


def _follow(process: "subprocess.Popen[bytes]", log: Path, seen: WatchedRun, scrape: bool) -> None:
    status = psutil.Process(process.pid)
    first: dict[str, float] = {}
    next_scrape = time.monotonic()
    while process.poll() is None:
        try:
            memory = status.memory_info()
        except psutil.NoSuchProcess:
            break
        if scrape and time.monotonic() >= next_scrape:
            now = _scrape(log, seen)
            first = first or now
            if now:
                seen.shares = _shares(first, now)
            next_scrape = time.monotonic() + SCRAPE_S
        seen.resident.append((time.time(), memory.rss))
        seen.anonymous.append((time.time(), memory.rss - memory.shared))
        time.sleep(SAMPLE_S)
    process.wait()


def _scrape(log: Path, seen: WatchedRun) -> dict[str, float]:
    found = re.search(r"event=listening.* address=(\S+)", log.read_text())
    if found is None:
        return {}
    started = time.perf_counter()
    try:
        text = httpx.get(f"{found.group(1)}/metrics", timeout=10).text
    except httpx.HTTPError:
        return {}
    seen.scrape_s.append(time.perf_counter() - started)
    values: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "driftd_batch_duration_seconds_sum":
                values[sample.labels["stage"]] = sample.value
            elif sample.name == "process_cpu_seconds_total":
                values["cpu"] = sample.value
    return values


def _shares(first: dict[str, float], last: dict[str, float]) -> dict[str, float]:
    cpu = last["cpu"] - first["cpu"]
    if cpu <= 0:
        return {}
    stages = ("decode", "summarise", "detect", "publish")
    return {stage: (last[stage] - first[stage]) / cpu for stage in stages}


def _moment(said: str, event: str) -> float:
    found = re.search(rf"timestamp=(\S+) .*event={event}\b", said)
    if found is None:
        raise RuntimeError(f"the daemon did not log '{event}':\n{said}")
    return datetime.fromisoformat(found.group(1)).timestamp()
