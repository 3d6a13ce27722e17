"""Events go on from one process to the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.events.service import EventService
from tests.monitor.config.files import settings_with
from tests.monitor.events.made import an_event


@contextmanager
def running(folder: Path) -> Iterator[EventService]:
    """A service of a configuration with the model credit."""
    service = EventService(settings_with(folder, {"state": str(folder)}), None)
    service.start()
    yield service
    service.stop()
    service.store.close()


def test_what_is_open_of_a_model_that_has_left_the_configuration_is_over(tmp_path):
    with running(tmp_path) as service:
        service.store.put([an_event(model="credit"), an_event(number=1, model="gone")])
    with running(tmp_path) as service:
        assert {each.data.model for each in service.store.view.open} == {"credit"}
