"""Receivers that several tests share, as starting and stopping one takes a while."""

from collections.abc import Iterator

import pytest

from tests.parts.receiver import Receiver, receiving


@pytest.fixture(scope="session")
def running() -> Iterator[tuple[Receiver, Receiver]]:
    with receiving() as first, receiving() as second:
        yield first, second


@pytest.fixture
def receiver(running: tuple[Receiver, Receiver]) -> Receiver:
    """A receiver that takes everything and has got nothing so far."""
    running[0].forget()
    return running[0]


@pytest.fixture
def elsewhere(running: tuple[Receiver, Receiver]) -> Receiver:
    """Another one."""
    running[1].forget()
    return running[1]
