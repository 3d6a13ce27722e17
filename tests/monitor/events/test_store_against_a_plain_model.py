"""The store does what lists and dictionaries would, over restarts too, whatever is called when."""

import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from monitor.events.event import CLOSING, Event, EventType
from monitor.events.result import Judgement
from monitor.events.store import Delivery, EventStore
from tests.monitor.events.made import START_MS, a_result, an_event

TRIGGERS = ("retrain", "audit", "pager")
CAUSE_TYPES = (
    EventType.ALARM_RAISED,
    EventType.ALARM_SPREAD,
    EventType.ALARM_CLEARED,
    EventType.RETEST_PASSED,
    EventType.REFERENCE_REPLACED,
)


def event_of(number: int) -> Event:
    """Return one of the events that there are: every number has its type, model and cause."""
    what = CAUSE_TYPES[number % len(CAUSE_TYPES)]
    model = ("credit", "churn")[number // 3 % 2]
    return an_event(what, number, model, cause=f"cause-{number % 4}")


def route(event: Event) -> list[str]:
    """Return some of the triggers, by the letters of the event's id."""
    return [name for place, name in enumerate(TRIGGERS) if ord(event.id[-1 - place]) % 5 == 0]


@dataclass
class Kept:
    """An event as the plain model has it; due: by trigger, those that wait."""

    event: Event
    noted_ms: int
    states: dict[str, str]
    due: dict[str, int]
    attempts: Counter = field(default_factory=Counter)
    results: list = field(default_factory=list)


class StoreMachine(RuleBasedStateMachine):
    deliveries = Bundle("deliveries")

    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now_ms = START_MS
        self.events: dict[str, Kept] = {}  # in the order in which they were put
        self.pruned: set[str] = set()
        self.open: dict[str, str] = {}
        self.counts: Counter = Counter()
        self.outcomes: Counter = Counter()
        self.problems: dict[str, str] = {}
        self.verdicts: Counter = Counter()
        self.newest_results: dict = {}
        self.begin()

    def begin(self):
        self.store = EventStore(self.folder / "events.sqlite3", route, lambda: self.now_ms)

    @rule()
    def restart(self):
        self.store.close()
        self.begin()

    @rule(passed_ms=st.integers(1, 50))
    def wait(self, passed_ms):
        self.now_ms += passed_ms

    @rule(numbers=st.lists(st.integers(0, 30), max_size=4))
    def put(self, numbers):
        events = [event_of(number) for number in numbers]
        assert self.store.put(events) == [event for event in events if self.put_one(event)]

    def put_one(self, event: Event) -> bool:
        if event.id in self.events or event.id in self.pruned:
            return False
        names = route(event)
        self.events[event.id] = Kept(
            event, self.now_ms, dict.fromkeys(names, "waiting"), dict.fromkeys(names, self.now_ms)
        )
        for name in names:
            self.problems.setdefault(name, "")
        self.counts[event.data.model, str(event.what)] += 1
        if event.what in CLOSING:
            self.open.pop(event.data.incident, None)
        elif event.what is not EventType.REFERENCE_REPLACED:
            self.open.pop(event.data.incident, None)
            self.open[event.data.incident] = event.id
        return True

    @rule(target=deliveries, trigger=st.sampled_from(TRIGGERS))
    def take(self, trigger):
        waiting = [kept for kept in self.events.values() if trigger in kept.due]
        ready = [kept for kept in waiting if kept.due[trigger] <= self.now_ms]
        found = self.store.due(trigger, self.now_ms)
        assert self.store.next_due_ms(trigger) == min(
            (kept.due[trigger] for kept in waiting), default=None
        )
        if not ready:
            assert found is None
            return Delivery(event_of(99), trigger, 0, 0)  # of an event that is nowhere
        kept = ready[0]
        assert found == Delivery(kept.event, trigger, kept.attempts[trigger], kept.noted_ms)
        return found

    @rule(delivery=deliveries, state=st.sampled_from(["delivered", "dead"]))
    def settle(self, delivery, state):
        if state == "delivered":
            self.store.delivered(delivery)
            self.end(delivery, state, "")
        else:
            self.store.dead(delivery, "given up")
            self.end(delivery, state, "given up")

    def end(self, delivery, state, problem):
        kept = self.events.get(delivery.event.id)
        if kept is None or delivery.trigger not in kept.due:
            return  # removed or settled meanwhile
        del kept.due[delivery.trigger]
        kept.states[delivery.trigger] = state
        self.outcomes[delivery.trigger, state] += 1
        self.problems[delivery.trigger] = problem

    @rule(delivery=consumes(deliveries), after_ms=st.integers(0, 60))
    def retry(self, delivery, after_ms):
        self.store.retry(delivery, self.now_ms + after_ms, "503")
        kept = self.events.get(delivery.event.id)
        if kept is not None and delivery.trigger in kept.due:
            kept.due[delivery.trigger] = self.now_ms + after_ms
            kept.attempts[delivery.trigger] += 1
            self.outcomes[delivery.trigger, "retried"] += 1
            self.problems[delivery.trigger] = "503"

    @rule(number=st.integers(0, 30), verdict=st.sampled_from(Judgement))
    def add_result(self, number, verdict):
        event = event_of(number)
        result = a_result(event, verdict=verdict)
        kept = self.events.get(event.id)
        try:
            self.store.add_result(result)
            assert kept is not None
        except KeyError:
            assert kept is None
            return
        if result not in kept.results:
            kept.results.append(result)
            self.verdicts[event.data.model, str(verdict)] += 1
            self.newest_results[event.data.model] = result

    @rule(age_ms=st.integers(0, 20))
    def prune(self, age_ms):
        before_ms = self.now_ms - age_ms
        gone = {
            id_
            for id_, kept in self.events.items()
            if kept.noted_ms < before_ms
            and not kept.due
            and kept.event.data.incident not in self.open
        }
        assert self.store.prune(before_ms) == len(gone)
        self.events = {id_: kept for id_, kept in self.events.items() if id_ not in gone}
        self.pruned |= gone

    @rule(configured=st.sets(st.sampled_from(TRIGGERS), min_size=2))
    def drop_triggers(self, configured):
        dropped = 0
        for kept in self.events.values():
            for name in set(kept.due) - configured:
                del kept.due[name]
                kept.states[name] = "dead"
                self.outcomes[name, "dead"] += 1
                dropped += 1
        assert self.store.drop_triggers(configured) == dropped
        self.problems = {name: self.problems.get(name, "") for name in configured}

    @invariant()
    def the_view_is_that_of_the_model(self):
        view = self.store.view
        assert view.counts == self.counts
        assert [event.id for event in view.open] == list(self.open.values())[::-1]
        assert view.results == self.verdicts
        assert view.newest_results == self.newest_results
        assert set(view.triggers) == set(self.problems)
        for name, trigger in view.triggers.items():
            waiting = [kept.noted_ms for kept in self.events.values() if name in kept.due]
            assert trigger.waiting == len(waiting)
            assert trigger.oldest_ms == min(waiting, default=None)
            assert trigger.problem == self.problems[name]
            counted = (trigger.delivered, trigger.retried, trigger.dead)
            outcomes = ("delivered", "retried", "dead")
            assert counted == tuple(self.outcomes[name, outcome] for outcome in outcomes)

    @invariant()
    def the_events_are_those_of_the_model(self):
        kept = list(self.events.values())[::-1]
        found = self.store.events()
        assert [each.event for each in found] == [each.event for each in kept]
        assert [each.noted_ms for each in found] == [each.noted_ms for each in kept]
        assert [each.deliveries for each in found] == [each.states for each in kept]
        assert [list(each.results) for each in found] == [each.results for each in kept]
        opened = [each.event.data.incident in self.open for each in kept]
        assert [each.open for each in found] == opened
        assert [each.event for each in self.store.events(open=True)] == [
            each.event for each, is_open in zip(kept, opened, strict=True) if is_open
        ]

    def teardown(self):
        self.store.close()
        shutil.rmtree(self.folder)


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
