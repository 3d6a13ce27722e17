"""The seam between a re-test and the model that it asks."""

from collections.abc import Mapping
from typing import Protocol

from detectors.robustness.answers import Answers
from detectors.robustness.table import Table


class EndpointError(Exception):
    """A model cannot be asked at all; the message says what to do.

    reason: one word for metrics, such as ``unreachable``, ``not_ready`` or ``schema_changed``.
    """

    def __init__(self, reason: str, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason


class LiveModel(Protocol):
    """A model that answers for tables.

    version: as the endpoint tells it at open(), "" where it does not. queries: records sent so
    far, retries included.
    """

    @property
    def version(self) -> str: ...

    @property
    def queries(self) -> int: ...

    def open(self) -> None:
        """Make sure that it is there and ready. Raises EndpointError."""
        ...

    def cast(self, table: Table) -> Table:
        """Return the table as it arrives: rounded and cast to the types of the wire."""
        ...

    def predict(self, table: Table) -> Answers:
        """Ask for every record, in batches; what fails is told in the answers.

        Raises EndpointError once the endpoint is gone or has become another, and
        BudgetSpentError, before anything is sent, where the table is more than may be sent.
        """
        ...

    def spend(self, records: int) -> None:
        """Count records that are sent past it, as load is.

        Raises BudgetSpentError, and counts none, where they are more than may be sent.
        """
        ...

    def close(self) -> None: ...

    def errors(self) -> Mapping[str, int]:
        """Requests that failed so far, by reason."""
        ...

    def latencies_s(self) -> list[float]:
        """How long each request took that was answered, in s."""
        ...
