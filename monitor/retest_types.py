"""The shapes of what driftd says of re-tests in JSON; a whole run has its own."""

import msgspec


class Verdicts(msgspec.Struct, frozen=True):
    """How many requirements have which verdict."""

    passed: int
    failed: int
    inconclusive: int


class RunSummary(msgspec.Struct, frozen=True):
    """A run in one row.

    verdict: null while it runs and where it was interrupted. reason: why it is inconclusive as a
    whole, "" otherwise. failed: the requirements that the model does not meet, in words. ended: ""
    while it runs.
    """

    id: str
    retest: str
    cause: str
    version: str
    state: str
    verdict: str | None
    reason: str
    started: str
    ended: str
    queries: int
    done: int
    total: int
    doing: str
    requirements: Verdicts
    failed: list[str]


class Retest(msgspec.Struct, frozen=True):
    """A re-test of a model.

    last: its newest finished run, null where there is none. next: when it runs by its schedule,
    null where only when asked for.
    """

    retest: str
    last: RunSummary | None
    next: str | None


class Retests(msgspec.Struct, frozen=True):
    """The re-tests of a model. running: the run that goes on, null for none."""

    retests: list[Retest]
    running: RunSummary | None


class Runs(msgspec.Struct, frozen=True):
    """The history of a model's re-tests, the newest run first."""

    model: str
    retests: list[Retest]
    running: RunSummary | None
    runs: list[RunSummary]


class Ask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which re-test to run now. retest: null for the model's only one."""

    retest: str | None = None


class Asked(msgspec.Struct, frozen=True):
    """A re-test that was asked for and begins now. runs: where its run will be found."""

    model: str
    retest: str
    runs: str
