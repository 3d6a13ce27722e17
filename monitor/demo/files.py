"""The demo's files: the data of the reference, and the records that re-tests begin from."""

import json
from pathlib import Path

from monitor.demo.data import Split
from monitor.demo.model import Classifier

LABEL = "shows"
"""The field that holds what a segment shows."""


def write_training(path: Path, split: Split, classifier: Classifier) -> None:
    """Write the training half, with the model's own answers and what the segments show."""
    rows = [[features[name] for name in split.features] for features, _ in split.training]
    with path.open("w") as file:
        for (features, label), answer in zip(
            split.training, classifier.probabilities(rows), strict=True
        ):
            told = {"features": features, "probabilities": answer, LABEL: label}
            file.write(json.dumps(told) + "\n")


def write_evaluation(path: Path, split: Split) -> None:
    """Write the records that are kept aside, with what they show."""
    with path.open("w") as file:
        for number, (features, label) in enumerate(split.live):
            told = {"id": f"kept-{number}", "features": features, LABEL: label}
            file.write(json.dumps(told) + "\n")
