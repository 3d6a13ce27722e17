"""Ids of any type and length as keys of 16 bytes."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from detectors.counts import IntArray

KEY_BYTES = 16

KeyArray = NDArray[np.uint64]
"""(n, 2): the halves of each key, the first one leading."""


def keys_of(ids: Sequence[object], partition: int) -> KeyArray:
    """Return the key of each id of a partition.

    ids: strings or integers; 7 and "7" are the same id, as one topic may quote what the other
    does not. BLAKE2b of 128 bits: among a billion ids the odds that any two share a key are
    below 2e-21, and nobody can choose ids that do.
    """
    # Copying a state that has taken the partition is a third cheaper than a salt.
    state = blake2b(partition.to_bytes(8, "big"), digest_size=KEY_BYTES)
    digests = []
    for each in ids:
        hashed = state.copy()
        hashed.update(str(each).encode(errors="surrogatepass"))
        digests.append(hashed.digest())
    return np.frombuffer(b"".join(digests), dtype=">u8").reshape(-1, 2).astype(np.uint64)


def bytes_of(keys: KeyArray) -> list[bytes]:
    """Return keys as the store takes them; their order is that of the arrays."""
    raw = keys.astype(">u8").tobytes()
    return [raw[at : at + KEY_BYTES] for at in range(0, len(raw), KEY_BYTES)]


def in_order(keys: KeyArray) -> tuple[IntArray, NDArray[np.bool_]]:
    """Return the order that sorts keys, equal ones as they come, and which repeat the one before.

    Both of shape (n,); the second one is told of the keys in that order.
    """
    order = np.argsort(keys[:, 0], kind="stable")
    same = _same_as_before(keys[order, 0])
    if (same != (same & _same_as_before(keys[order, 1]))).any():
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        same = _same_as_before(keys[order, 0]) & _same_as_before(keys[order, 1])
    return order, same


def _same_as_before(values: NDArray[np.uint64]) -> NDArray[np.bool_]:
    same = np.zeros(len(values), dtype=bool)
    same[1:] = values[1:] == values[:-1]
    return same
