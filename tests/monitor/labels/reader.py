"""Reads two fixed logs into a join, with a snapshot now and then, until it is done or killed."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monitor.labels.facts import JoinSettings
from monitor.labels.join import LabelJoin
from monitor.labels.pairs import Labels, Predictions

SETTINGS = JoinSettings(horizon_ms=600_000, lateness_ms=5_000, payload_bytes=16, max_bytes=1 << 30)
RECORDS = 60_000
BATCH = 500
BATCHES_A_SNAPSHOT = 7
BLOCK_MS = 10_000


def columns() -> tuple[dict[str, Any], dict[str, Any]]:
    """Predictions and labels: some labels late, repeated, changed, or of no prediction."""
    numbers = np.random.default_rng(11)
    times = np.arange(RECORDS) * 60 + numbers.integers(-3000, 3000, RECORDS)
    label_times = times + numbers.exponential(200_000, RECORDS).astype(np.int64)
    of = np.argsort(label_times + numbers.integers(0, 4000, RECORDS), kind="stable")
    of[::97] = of[50 : 50 + len(of[::97])]
    ids = np.array([f"order {each}" for each in range(RECORDS)])
    label_ids = ids[of]
    label_ids[::53] = "of no prediction"
    return (
        _log(ids, np.maximum(times, 0)),
        _log(label_ids, label_times[of]) | {"values": numbers.integers(0, 2, RECORDS) / 1},
    )


def _log(ids: np.ndarray, times: np.ndarray) -> dict[str, Any]:
    return {
        "ids": ids,
        "offsets": np.arange(RECORDS),
        "times": times,
        "newest": np.maximum.accumulate(times),
        "blocks": times // BLOCK_MS,
    }


def read_on(join: LabelJoin, read: list[int], pairs: Counter[int], seed: int) -> Iterator[None]:
    """Read batches of either log, in an order of the seed's, until both are at their end."""
    predictions, labels = columns()
    numbers = np.random.default_rng(seed)
    while min(read) < RECORDS:
        side = int(numbers.integers(2))
        part = slice(read[side], read[side] + BATCH)
        if read[side] == RECORDS:
            continue
        own = {name: each[part] for name, each in (predictions, labels)[side].items()}
        own["ids"] = own["ids"].tolist()
        if side == 0:
            codes = np.zeros((BATCH, 2), dtype=np.int16)
            payload = np.repeat(own["offsets"], 2).astype(np.int64).view(np.uint8)
            found = join.put_predictions(
                0, Predictions(**own, codes=codes, payload=payload.reshape(-1, 16))
            )
        else:
            found = join.put_labels(0, Labels(**own))
        pairs.update(found.blocks.tolist())
        read[side] += BATCH
        join.advance(0, watermark(predictions, read[0]), watermark(labels, read[1]))
        yield


def watermark(log: dict[str, Any], read: int) -> int:
    return int(log["newest"][max(read - 1, 0)]) - SETTINGS.lateness_ms


def save(path: Path, join: LabelJoin, read: list[int], pairs: Counter[int]) -> None:
    """Write a snapshot as the service does: the store first, then the file in one rename."""
    join.flush()
    state = {"join": join.meta(), "read": read, "pairs": sorted(pairs.items())}
    new = path.with_suffix(".new")
    new.write_text(json.dumps(state))
    new.replace(path)
    join.forget(state["join"])


def load(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {"join": None, "read": [0, 0], "pairs": []}
    return json.loads(path.read_text())


def main(folder: Path, seed: int) -> None:
    state = load(folder / "snapshot.json")
    join = LabelJoin.open(folder / "labels", SETTINGS, state["join"])
    pairs, read = Counter(dict(state["pairs"])), state["read"]
    for batch, _ in enumerate(read_on(join, read, pairs, seed)):
        if batch % BATCHES_A_SNAPSHOT == 0:
            save(folder / "snapshot.json", join, read, pairs)
        elif batch % BATCHES_A_SNAPSHOT == 4:
            join.flush()
        print(batch, flush=True)
    save(folder / "snapshot.json", join, read, pairs)
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
