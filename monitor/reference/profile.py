"""From a scan of the data to the profile that bins and standardises every record."""

import numpy as np
from numpy.typing import NDArray

from detectors.bins import quantile_edges
from detectors.cells import MISSING, OTHER, TOP_LEVELS, VALUE_BINS
from detectors.counts import FloatArray
from detectors.directions import Directions
from detectors.kernel import standardise
from detectors.profile import Kernel, Profile
from monitor.reference.kernels import MEASURED_ROWS, embedding_kernel, joint_kernel
from monitor.reference.levels import Levels
from monitor.reference.scaling import centre_and_scale
from monitor.reference.scan import Scan, TextArray
from monitor.schema import CONFIDENCE, PREDICTION, Schema

LevelNames = tuple[tuple[str, ...], ...]


def make_profile(schema: Schema, scan: Scan, seed: int) -> Profile:
    """Return the profile of scanned data; seed: decides the kernels' random frequencies."""
    present = [column[~np.isnan(column)] for column in scan.numeric.T]
    edges = [quantile_edges(*each) for each in zip(present, scan.low, scan.high, strict=True)]
    scaling = [centre_and_scale(values[:, np.newaxis]) for values in present]
    centre = np.array([each for each, _ in scaling]).reshape(-1)
    scale = np.array([each for _, each in scaling]).reshape(-1)
    levels = tuple(each.names[:TOP_LEVELS] for each in scan.levels)
    vectors = [each[~np.isnan(each).any(axis=1)] for each in scan.embeddings]
    embedded = [centre_and_scale(each) for each in vectors]
    names = [field.name for field in (*schema.numeric, *schema.categorical)]
    return Profile(
        numeric=tuple(names[: len(schema.numeric)]),
        categorical=tuple(names[len(schema.numeric) :]),
        edges=np.array(edges).reshape(-1, VALUE_BINS - 1),
        centre=centre,
        scale=scale,
        low=_limits([field.low for field in schema.numeric], scan.low, -np.inf),
        high=_limits([field.high for field in schema.numeric], scan.high, np.inf),
        levels=levels,
        others=tuple(_others(each) for each in scan.levels),
        embeddings=tuple(field.name for field in schema.embeddings),
        embedding_centre=tuple(each for each, _ in embedded),
        embedding_scale=tuple(each for _, each in embedded),
        kernels=(
            _joint_kernel(scan, centre, scale, levels, seed),
            *(
                embedding_kernel(
                    np.random.default_rng([seed, place]),
                    standardise(each[:MEASURED_ROWS], *scaled),
                )
                for place, (each, scaled) in enumerate(zip(vectors, embedded, strict=True), 1)
            ),
        ),
        prediction=names.index(CONFIDENCE if CONFIDENCE in names else PREDICTION),
        directions=Directions.fit(standardise(scan.numeric[scan.even], centre, scale)),
    )


def _limits(configured: list[float | None], observed: FloatArray, none: float) -> FloatArray:
    """Return the configured limits, else the observed ones; a feature without values has none."""
    seen = np.where(np.isfinite(observed), observed, none)
    given = np.array([np.nan if each is None else each for each in configured])
    return np.where(np.isnan(given), seen, given)


def _others(levels: Levels) -> frozenset[str] | None:
    return frozenset(levels.names[TOP_LEVELS:]) if levels.complete else None


def _joint_kernel(
    scan: Scan, centre: FloatArray, scale: FloatArray, levels: LevelNames, seed: int
) -> Kernel:
    standard = standardise(scan.numeric[:MEASURED_ROWS], centre, scale)
    codes = np.empty((len(standard), len(levels)), dtype=np.int16)
    for column, (texts, names) in enumerate(zip(scan.texts, levels, strict=True)):
        codes[:, column] = _codes(texts[: len(standard)], names)
    return joint_kernel(np.random.default_rng([seed, 0]), standard, codes)


def _codes(texts: TextArray, levels: tuple[str, ...]) -> NDArray[np.int16]:
    table: dict[str | None, int] = {name: code for code, name in enumerate(levels)}
    table[None] = MISSING
    return np.array([table.get(text, OTHER) for text in texts], dtype=np.int16)
