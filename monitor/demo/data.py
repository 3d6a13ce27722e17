"""The demo's real data: outdoor image segments that come with river."""

import random
from dataclasses import dataclass

Record = tuple[dict[str, float], str]
"""A segment's measurements by name, and what it shows."""

SEED = 20

COUNTRYSIDE = ("foliage", "grass", "path", "sky")
"""What the camera sees more of after it was moved out of town."""


@dataclass(frozen=True, slots=True)
class Split:
    """Real records for training and the reference, and others for the live traffic."""

    features: tuple[str, ...]
    classes: tuple[str, ...]
    training: list[Record]
    live: list[Record]


def load_segments(rng: random.Random) -> Split:
    """Return the 2,310 segments of seven outdoor images, split in halves.

    Source: UCI image segmentation data, as bundled by river.datasets.ImageSegments.
    """
    from river.datasets import ImageSegments

    records: list[Record] = [
        ({name: float(value) for name, value in features.items()}, label)
        for features, label in ImageSegments()  # type: ignore[no-untyped-call]
    ]
    rng.shuffle(records)
    half = len(records) // 2
    return Split(
        features=tuple(records[0][0]),
        classes=tuple(sorted({label for _, label in records})),
        training=records[:half],
        live=records[half:],
    )


def draw_traffic(split: Split, count: int, moved: bool, rng: random.Random) -> list[Record]:
    """Draw live records: of all classes alike, or mostly of the countryside's."""
    weights = [4.0 if moved and label in COUNTRYSIDE else 1.0 for _, label in split.live]
    return rng.choices(split.live, weights, k=count)
