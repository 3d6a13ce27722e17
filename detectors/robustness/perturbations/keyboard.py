"""Which keys lie beside one another on an English keyboard."""

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.robustness.perturbations.letters import CodePoints

_ROWS = (("qwertyuiop", 0.0), ("asdfghjkl", 0.25), ("zxcvbnm", 0.75))
"""Keys from left to right, and by how many keys a row is set in."""
_REACH = 1.2
"""The largest distance of two keys that are beside one another, in keys."""


def slips(points: CodePoints, draws: FloatArray) -> tuple[BoolArray, CodePoints]:
    """Return which characters are keys with a letter, and for each a key beside it.

    points: (m,), code points. draws: (m,), uniform in [0, 1), which choose among the keys beside.
    Both results are (m,); an upper-case letter gets an upper-case one.
    """
    known = (points < len(_BESIDE_COUNT)) & (
        _BESIDE_COUNT[np.minimum(points, len(_BESIDE_COUNT) - 1)] > 0
    )
    keys = np.where(known, points, ord("a"))
    choice = (draws * _BESIDE_COUNT[keys]).astype(np.int64)
    return known, _BESIDE[keys, choice]


def _beside() -> dict[str, str]:
    """Return for each key the keys beside it."""
    at = {
        key: (row, indent + place)
        for row, (keys, indent) in enumerate(_ROWS)
        for place, key in enumerate(keys)
    }
    return {
        key: "".join(
            other
            for other, (y, x) in at.items()
            if 0 < np.hypot(y - at[key][0], x - at[key][1]) <= _REACH
        )
        for key in at
    }


_MOST = 6
_BESIDE = np.zeros((128, _MOST), dtype=np.uint32)
"""Code points of the keys beside each one, by the code point of the key."""
_BESIDE_COUNT = np.zeros(128, dtype=np.int64)

for _key, _others in _beside().items():
    for _case in (str.lower, str.upper):
        _BESIDE[ord(_case(_key)), : len(_others)] = [ord(_case(each)) for each in _others]
        _BESIDE_COUNT[ord(_case(_key))] = len(_others)
