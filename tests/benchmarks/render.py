"""How long does a scrape take? Renders /metrics of many models, as prometheus-client would too."""

import argparse
import gzip
import json
import threading
import time
from dataclasses import replace

from prometheus_client import CollectorRegistry, generate_latest
from rich.console import Console
from rich.table import Table

from monitor.http.exposition import Exposition
from monitor.view import Board, View
from tests.monitor.http.plain import PlainFeatureCollector
from tests.monitor.http.views import a_model, a_view


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=100, help="models, one stream each [100]")
    parser.add_argument("--features", type=int, default=50, help="features of each model [50]")
    parser.add_argument("--repeat", type=int, default=5, help="best of so many [5]")
    parser.add_argument("--plain", action="store_true", help="measure prometheus-client alone too")
    wanted = parser.parse_args()

    board = Board()
    exposition = Exposition(board, CollectorRegistry())
    cold, warm = [], []
    for _ in range(wanted.repeat):
        board.publish(a_view(wanted.models, wanted.features))
        cold.append(seconds(exposition.render))
        warm.append(seconds(exposition.render))
    text = exposition.render()
    rows = {
        "every stream closed a block": min(cold),
        "one stream in ten closed a block": min(
            one_in_ten(board, exposition, wanted) for _ in range(wanted.repeat)
        ),
        "no stream closed a block": min(warm),
        "gzip": min(seconds(lambda: gzip.compress(text, 1)) for _ in range(wanted.repeat)),
    }
    if wanted.plain:
        rows["prometheus-client alone"] = plain(board.read())
    pause = max(longest_pause(board, exposition, wanted) for _ in range(wanted.repeat))
    samples = sum(not line.startswith(b"#") for line in text.splitlines())

    table = Table(title=f"{samples:,} samples, {len(text) / 1e6:.1f} MB")
    table.add_column("scrape")
    table.add_column("seconds", justify="right")
    for name, took in rows.items():
        table.add_row(name, f"{took:.3f}")
    table.add_row("longest pause of another thread meanwhile", f"{pause:.3f}")
    Console().print(table)
    print(
        json.dumps(
            {
                "models": wanted.models,
                "features": wanted.features,
                "samples": samples,
                "bytes": len(text),
                "seconds": {name: round(took, 4) for name, took in rows.items()},
                "longest_pause_s": round(pause, 4),
            }
        )
    )


def one_in_ten(board: Board, exposition: Exposition, wanted: argparse.Namespace) -> float:
    """Return the time of a scrape after a tenth of the streams have closed a block."""
    models = list(board.read().models)
    for index in range(0, len(models), 10):
        models[index] = a_model(models[index].name, wanted.features)
    board.publish(replace(board.read(), models=tuple(models)))
    return seconds(exposition.render)


def plain(view: View) -> float:
    """Return the time that prometheus-client takes for the feature families alone."""
    registry = CollectorRegistry()
    registry.register(PlainFeatureCollector(view))
    return seconds(lambda: generate_latest(registry))


def longest_pause(board: Board, exposition: Exposition, wanted: argparse.Namespace) -> float:
    """Return for how long at most another Python thread stood still during a cold scrape."""
    board.publish(a_view(wanted.models, wanted.features))
    scrape = threading.Thread(target=exposition.render)
    longest, last = 0.0, time.perf_counter()
    scrape.start()
    while scrape.is_alive():
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
