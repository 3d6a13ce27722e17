"""Events go on from one process to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from monitor.events.service import EventService
from tests.monitor.config.files import settings_with
from tests.monitor.events.made import an_event


@contextmanager
def running(folder: Path, **changes: Any) -> Iterator[EventService]:
    """A service of a configuration with the model credit, in force."""
    service = EventService(settings_with(folder, {"state": str(folder), **changes}), None)
    service.start()
    service.let_go()
    yield service
    service.stop()
    service.store.close()


def test_what_is_open_of_a_model_that_has_left_the_configuration_is_over(tmp_path):
    with running(tmp_path) as service:
        service.store.put([an_event(model="credit"), an_event(number=1, model="gone")])
    with running(tmp_path) as service:
        assert {each.data.model for each in service.store.view.open} == {"credit"}


def test_what_waits_for_a_trigger_that_has_left_the_configuration_is_given_up(tmp_path):
    failing = {"triggers.hook": {"command": ["false"]}, "models.credit.triggers": ["hook"]}
    with running(tmp_path, **failing) as service:
        service.store.put([an_event()])
    with running(tmp_path) as service:
        assert service.store.event(an_event().id).deliveries == {"hook": "dead"}
