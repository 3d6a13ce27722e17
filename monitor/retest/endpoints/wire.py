"""The seam between what all endpoints have in common and the protocols that they speak."""

from dataclasses import dataclass
from typing import Any, Protocol

from detectors.robustness.table import Table


class RequestError(Exception):
    """One request failed; the message says how, at most so many characters of it.

    reason: one word for metrics, such as ``timeout`` or ``http_500``. again: whether the same
    request may be answered later. divide: whether one of its records may be at fault, so that the
    others are asked for without it. outage: whether the endpoint may be gone.
    """

    def __init__(
        self,
        reason: str,
        problem: str,
        *,
        again: bool = False,
        divide: bool = False,
        outage: bool = False,
    ) -> None:
        super().__init__(problem)
        self.reason = reason
        self.again = again
        self.divide = divide
        self.outage = outage


@dataclass(frozen=True, slots=True)
class Reply:
    """What an endpoint answered to one request.

    values: of each record what the answer holds of it: a number, a list of numbers, a name, or
    an object of class: probability. labels: whether numbers are known to be codes of classes, as
    their type on the wire is an integer's. version: of the model, "" where it is not told.
    """

    values: Any
    labels: bool = False
    version: str = ""


class Wire(Protocol):
    """A model that can be asked one request at a time, in its own protocol."""

    async def open(self) -> str:
        """Make sure that the model is ready, and return its version.

        Raises RequestError, EndpointError.
        """
        ...

    def cast(self, table: Table) -> Table:
        """Return the table as it arrives."""
        ...

    async def ask(self, table: Table, request_id: str) -> Reply:
        """Ask for some records in one request. Raises RequestError, EndpointError."""
        ...

    async def close(self) -> None: ...
