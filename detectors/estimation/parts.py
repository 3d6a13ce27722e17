"""What was learned of a reference's performance as plain numbers and arrays, for files."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from numpy.typing import NDArray

from detectors.estimation.calibration import Calibration, Check
from detectors.estimation.calibrators import KINDS, Platt
from detectors.estimation.class_cbpe import ClassCalibration
from detectors.estimation.class_sums import ClassSums
from detectors.estimation.loss_model import LossModel
from detectors.estimation.score_counts import MIDDLES, LabelledCounts

Arrays = dict[str, NDArray[Any]]
Meta = dict[str, Any]

Learned = Calibration | ClassCalibration | LossModel

_SUMS = tuple(field.name for field in fields(ClassSums) if field.name != "records")
_MODEL = tuple(field.name for field in fields(LossModel))


def estimation_parts(learned: Learned) -> tuple[Meta, Arrays]:
    """Return what was learned for JSON, and its arrays."""
    if isinstance(learned, Calibration):
        return _calibration_parts(learned)
    if isinstance(learned, ClassCalibration):
        return _class_parts(learned)
    return {"method": "dle"}, {name: getattr(learned, name) for name in _MODEL}


def estimation_from(meta: Meta, arrays: Mapping[str, NDArray[Any]]) -> Learned:
    """Return what ``estimation_parts`` took apart."""
    if meta["method"] == "cbpe":
        return _calibration_from(meta, arrays)
    if meta["method"] == "class_cbpe":
        sums = {name: arrays[f"reference/{name}"] for name in _SUMS}
        return ClassCalibration(
            kinds=tuple(meta["kinds"]),
            probability=arrays["probability"],
            reference=ClassSums(records=meta["records"], **sums),
            estimated=arrays["estimated"],
            dispersion=meta["dispersion"],
        )
    return LossModel(**{name: arrays[name] for name in _MODEL})


def _calibration_parts(learned: Calibration) -> tuple[Meta, Arrays]:
    checks = {name: asdict(check) for name, check in learned.checks.items()}
    calibrator = {
        f"calibrator/{field.name}": getattr(learned.calibrator, field.name)
        for field in fields(learned.calibrator)
    }
    meta = {
        "method": "cbpe",
        "kind": learned.kind,
        "checks": checks,
        "dispersion": learned.dispersion,
    }
    return meta, {
        **calibrator,
        "reference/records": learned.reference.records,
        "reference/positives": learned.reference.positives,
        "estimated": learned.estimated,
    }


def _calibration_from(meta: Meta, arrays: Mapping[str, NDArray[Any]]) -> Calibration:
    kind = KINDS.get(meta["kind"], Platt)
    calibrator = kind(**{field.name: arrays[f"calibrator/{field.name}"] for field in fields(kind)})
    return Calibration(
        kind=meta["kind"],
        calibrator=calibrator,
        checks={name: Check(**check) for name, check in meta["checks"].items()},
        probability=calibrator(MIDDLES),
        factor=calibrator.factor(MIDDLES),
        reference=LabelledCounts(arrays["reference/records"], arrays["reference/positives"]),
        estimated=arrays["estimated"],
        dispersion=meta["dispersion"],
    )


def _class_parts(learned: ClassCalibration) -> tuple[Meta, Arrays]:
    sums = {f"reference/{name}": getattr(learned.reference, name) for name in _SUMS}
    meta = {
        "method": "class_cbpe",
        "kinds": list(learned.kinds),
        "records": learned.reference.records,
        "dispersion": learned.dispersion,
    }
    return meta, {
        **sums,
        "probability": learned.probability,
        "estimated": learned.estimated,
    }
