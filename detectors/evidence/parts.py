"""What was learned as plain numbers and arrays, for files."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.directions import Directions
from detectors.evidence.derived import Derivation
from detectors.evidence.inflation import Inflation
from detectors.evidence.learned import Calibration, Learned
from detectors.evidence.replay import Replay
from detectors.evidence.season import Season
from detectors.evidence.streams import Kind

Arrays = dict[str, NDArray[Any]]
Meta = dict[str, Any]

_NORMAL = ("scores", "means", "spreads", "psi")
_INFLATION = tuple(field.name for field in fields(Inflation))


def learned_parts(learned: Learned) -> tuple[Meta, Arrays]:
    """Return what was learned for JSON, and its arrays, without the profile's directions."""
    arrays: Arrays = {f"whitening/{kind}": each for kind, each in learned.whitening.items()}
    meta: Meta = {"whitened": list(learned.whitening), "calibration": None}
    if learned.derivation is not None:
        arrays |= {f"normal/{name}": getattr(learned.derivation, name) for name in _NORMAL}
        meta["records"] = learned.derivation.records
    if learned.calibration is not None:
        meta["calibration"], found = calibration_parts(learned.calibration)
        arrays |= {f"calibration/{name}": each for name, each in found.items()}
    return meta, arrays


def learned_from(
    meta: Meta, arrays: Mapping[str, NDArray[Any]], directions: Directions | None
) -> Learned:
    """Return what ``learned_parts`` took apart; directions: of the profile that it goes with."""
    derivation = None
    if directions is not None and "normal/psi" in arrays:
        normal = {name: arrays[f"normal/{name}"] for name in _NORMAL}
        derivation = Derivation(directions, **normal, records=meta["records"])
    calibration = None
    if meta["calibration"] is not None:
        start = "calibration/"
        found = {
            name.removeprefix(start): each
            for name, each in arrays.items()
            if name.startswith(start)
        }
        calibration = calibration_from(meta["calibration"], found)
    whitening = {Kind(kind): arrays[f"whitening/{kind}"] for kind in meta["whitened"]}
    return Learned(whitening, derivation, calibration)


def calibration_parts(calibration: Calibration) -> tuple[Meta, Arrays]:
    """Return a calibration for JSON, and its arrays."""
    replay = calibration.replay
    meta: Meta = {
        "whitened": list(calibration.whitening),
        "days": calibration.days,
        "day_blocks": calibration.season.day_blocks,
        "replay": None
        if replay is None
        else {"pages": replay.pages, "blocks": replay.blocks, "highest": replay.highest},
    }
    arrays: Arrays = {f"whitening/{kind}": each for kind, each in calibration.whitening.items()}
    arrays["season"] = calibration.season.coefficients
    arrays |= {f"inflation/{name}": getattr(calibration.inflation, name) for name in _INFLATION}
    return meta, arrays


def calibration_from(meta: Meta, arrays: Mapping[str, NDArray[Any]]) -> Calibration:
    """Return the calibration that ``calibration_parts`` took apart."""
    inflation = {name: arrays[f"inflation/{name}"] for name in _INFLATION}
    return Calibration(
        season=Season(arrays["season"], meta["day_blocks"]),
        inflation=Inflation(**{**inflation, "lengths": inflation["lengths"].astype(np.int64)}),
        whitening={Kind(kind): arrays[f"whitening/{kind}"] for kind in meta["whitened"]},
        days=meta["days"],
        replay=None if meta["replay"] is None else Replay(**meta["replay"]),
    )
