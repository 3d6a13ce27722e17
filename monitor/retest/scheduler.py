"""The re-tests of all models: begins what is due, paged for or asked for, and ends it."""

from collections.abc import Mapping

from monitor.config import ModelConfig
from monitor.retest.history import History
from monitor.retest.lane import Cause, Lane, Spawn
from monitor.retest.view import RetestsView
from monitor.view import View

AT_ONCE = 2
"""Workers that run at the same time, whatever the number of models."""


class Scheduler:
    """One lane a model, and a bound on all of them; the clock and the view come from outside.

    ``ask`` and ``view`` are for any thread, the rest for one.
    """

    def __init__(self, models: Mapping[str, ModelConfig], history: History, now_ms: int) -> None:
        """Take up the models' re-tests."""
        self._lanes = {name: Lane(name, each, history, now_ms) for name, each in models.items()}

    def know_pages(self, view: View) -> None:
        """Take what has been paged so far as known: it asks for no re-test."""
        for lane in self._lanes.values():
            lane.know_pages(view)

    def view(self, model: str) -> RetestsView:
        """Return what is known of a model's re-tests, without waiting for anything."""
        lane = self._lanes.get(model)
        return RetestsView() if lane is None else lane.view

    def ask(self, model: str, retest: str, cause: Cause = Cause.REQUEST) -> bool:
        """Have a re-test run now; tell whether it will, which it does not while another does.

        Raises KeyError where there is no such model or re-test.
        """
        return self._lanes[model].ask(retest, cause)

    def tick(self, now_ms: int, view: View, spawn: Spawn) -> None:
        """Do what is to be done now; view: as published last."""
        for lane in self._lanes.values():
            lane.look(now_ms, view)
        for lane in self._lanes.values():
            if sum(each.busy for each in self._lanes.values()) < AT_ONCE:
                lane.begin(now_ms, spawn)

    def cut_off(self) -> None:
        """End all workers."""
        for lane in self._lanes.values():
            lane.cut_off()
