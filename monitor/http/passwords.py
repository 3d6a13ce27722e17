"""Which users' passwords were right, told apart from those that have to be tried."""

import asyncio
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Mapping

import bcrypt
from starlette.concurrency import run_in_threadpool

MOST_KNOWN = 100
LONGEST_PASSWORD = 72
"""Bytes of a password that bcrypt looks at; Prometheus leaves out what comes after, too."""


class Passwords:
    """Tries passwords, which is slow by design, one at a time and beside the event loop.

    Those that were right are known by a digest, so that a scrape does not cost a trial. A wrong
    one is tried at every call: guesses come no faster than one trial after the other.
    """

    def __init__(self) -> None:
        """Know none."""
        self._key = secrets.token_bytes()
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._one = asyncio.Lock()

    async def right(self, users: Mapping[str, str], user: str, password: str) -> bool:
        """Tell whether the password is that of the user. users: hashes by user, one at least.

        For a user whom there is not another's hash is tried, so that both take as long.
        """
        hashed = users.get(user) or next(iter(users.values()))
        digest = self._digest(user, hashed, password)
        if digest in self._right:
            self._right.move_to_end(digest)
            return True
        async with self._one:
            given = password.encode()[:LONGEST_PASSWORD]
            same = await run_in_threadpool(_same, given, hashed.encode())
        if not same or user not in users:
            return False
        self._right[digest] = None
        if len(self._right) > MOST_KNOWN:
            self._right.popitem(last=False)
        return True

    def _digest(self, *parts: str) -> bytes:
        """Return a digest that is of no use outside of this process."""
        told = b"".join(hashlib.sha256(part.encode()).digest() for part in parts)
        return hmac.digest(self._key, told, "sha256")


def _same(given: bytes, hashed: bytes) -> bool:
    try:
        return bcrypt.checkpw(given, hashed)
    except ValueError:
        return False
