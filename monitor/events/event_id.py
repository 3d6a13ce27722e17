"""Ids of events: sorted by time, and a function of what happened."""

import hashlib

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
TIME_BITS, HASH_BITS, DIGIT_BITS = 48, 80, 5


def event_id(time_ms: int, *parts: str) -> str:
    """Return the id of what ``parts`` name, at a time: 26 letters and digits, as in a ULID.

    Where a ULID is random this is a hash, so that a log that is read again gives the same ids
    and a receiver can drop what it has seen. time_ms: 0 or more.

    Source: the ULID specification (github.com/ulid/spec), for layout and alphabet.

    >>> event_id(1_767_571_200_000, "credit", "raised")[:10]
    '01KE5Q8600'
    """
    named = hashlib.sha256("\0".join(parts).encode("utf-8", "backslashreplace")).digest()
    number = time_ms << HASH_BITS | int.from_bytes(named[: HASH_BITS // 8])
    digits = -(-(TIME_BITS + HASH_BITS) // DIGIT_BITS)
    return "".join(
        CROCKFORD[number >> DIGIT_BITS * place & (len(CROCKFORD) - 1)]
        for place in reversed(range(digits))
    )
