"""A run of a re-test while it goes on: trial after trial, until every requirement is decided."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zlib import crc32

import msgspec
import numpy as np

from detectors.robustness.answers import Task
from detectors.robustness.measured import Share
from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.space import Space
from detectors.robustness.table import Sample
from detectors.robustness.threat import BudgetSpentError
from detectors.robustness.verdict import Verdict
from monitor.config import ModelConfig
from monitor.config.retests import Data, RetestConfig
from monitor.reference.table import DataError
from monitor.retest.failing_cases import CaseBook
from monitor.retest.history import History
from monitor.retest.judgement import decide, figure, overall, shares, trial_document, undecided
from monitor.retest.making import Maker
from monitor.retest.measures import TrialKind
from monitor.retest.model import EndpointError, LiveModel
from monitor.retest.plan import Plan, Spec
from monitor.retest.result import Clean, Run, State, Trial
from monitor.retest.samples import evaluation_sample, out_of_distribution, production_sample
from monitor.retest.spending import fixed_cost
from monitor.retest.trials.outcome import Outcome
from monitor.retest.trials.prepared import Prepared, prepare
from monitor.retest.trials.smallest import smallest
from monitor.retest.wording import trial_words

CASES = "cases.parquet"
PERCENTILES = {"0.5": 50, "0.95": 95, "0.99": 99}

SHRINKING_PART = 10
"""A tenth of the queries is kept for the smallest failing changes."""

MOST_ODD = 20
"""Production records that edge cases are made of, at most."""

Progress = Callable[[Run], None]
"""Told the run as it is after every step."""


@dataclass(slots=True)
class Running:
    """A run while it goes on."""

    run: Run
    plan: Plan
    alpha: float
    model: ModelConfig
    retest: RetestConfig
    space: Space
    task: Task
    live: LiveModel
    book: CaseBook
    maker: Maker
    told: Sequence[Progress] = ()
    prepared: dict[Data, Prepared] = field(default_factory=dict)
    odd: Sample | None = None
    failures: dict[Data, str] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)
    outcomes: dict[tuple[object, ...], tuple[Outcome, Prepared]] = field(default_factory=dict)
    problems: dict[tuple[object, ...], str] = field(default_factory=dict)

    def all(self, history: History) -> None:
        """Run every trial, decide, and finish; whatever the endpoint does, the run ends."""
        reason = ""
        try:
            self.live.open()
            self.tell(version=self.live.version)
            self.prepare(history)
            self.look_for_odd(history)
            for each in (*self.plan.trials, *self.plan.curves):
                self.tell(doing=trial_words(each))
                self.attempt(each)
                self.tell(done=self.run.done + 1, trials=tuple(self.trials))
            self.shrink()
        except EndpointError as error:
            reason = str(error)
        except BudgetSpentError:
            reason = f"the {self.run.budget:,} queries were spent before the records were asked"
        self.finish(history, reason)

    def prepare(self, history: History) -> None:
        """Read the records that the trials begin from and ask about them unchanged."""
        clean = []
        for data in dict.fromkeys(each.data for each in self.plan.trials):
            self.tell(doing=f"{data} records unchanged")
            rng = np.random.default_rng([self.run.seed, crc32(data.encode())])
            try:
                if data is Data.EVALUATION:
                    sample = evaluation_sample(self.model, self.task, self.retest.records, rng)
                else:
                    recent = history.recent(self.run.model)
                    sample = production_sample(
                        recent, self.model, self.task, self.retest.records, rng
                    )
            except DataError as error:
                self.failures[data] = str(error)
                continue
            found = prepare(data, sample, self.space, self.task, self.live)
            self.prepared[data] = found
            clean.append(_clean(found))
            self.tell(clean=tuple(clean))

    def look_for_odd(self, history: History) -> None:
        """Read production records outside of the reference, if edge cases are made of them."""
        if all(each.kind is not TrialKind.EDGE for each in self.plan.trials):
            return
        rng = np.random.default_rng([self.run.seed, crc32(b"odd")])
        with suppress(DataError):  # there is no traffic yet
            recent = history.recent(self.run.model)
            found = production_sample(recent, self.model, self.task, self.retest.records, rng)
            strange = out_of_distribution(found, self.space)
            self.odd = strange.take(np.arange(min(len(strange), MOST_ODD)))

    def attempt(self, spec: Spec) -> None:
        """Make one trial, or note why it cannot be made."""
        if spec.data not in self.prepared:
            self.problems[spec.key] = self.failures[spec.data]
            return
        before = self.live.queries
        try:
            prepared, queries = self.prepared[spec.data], self.share(spec)
            made = self.maker.make(spec, prepared, queries, self.odd)
        except BudgetSpentError:
            self.problems[spec.key] = f"the run's {self.run.budget:,} queries are spent"
            return
        except (PerturbationError, ValueError) as error:
            self.problems[spec.key] = str(error)
            return
        self.outcomes[spec.key] = made.outcome, made.prepared
        spent = self.live.queries - before
        self.trials.append(trial_document(spec, made.outcome, made.prepared, spent))
        self.book.add(spec, made.outcome, made.prepared)
        self.book.edges += made.edges

    def shrink(self) -> None:
        """Look for the smallest failing changes with the queries that are left.

        Their features are those that the loss of a trial lies with.
        """
        self.tell(doing="smallest failing changes")
        specs = [each for each in self.plan.trials if each.kind is TrialKind.PERTURBED]
        # All trials are made by now, so that an endpoint that ends changes no verdict.
        with suppress(EndpointError):
            for number, spec in enumerate(specs):
                if spec.key in self.outcomes:
                    left = (self.run.budget - self.live.queries) // (len(specs) - number)
                    self.tell_features(spec, self.smallest_of(spec, left))

    def smallest_of(self, spec: Spec, queries: int) -> Counter[str]:
        """Keep the smallest failing changes of a trial, and count the features in them."""
        outcome, prepared = self.outcomes[spec.key]
        counts: Counter[str] = Counter()
        for each in smallest(spec.made.label, outcome.failing, prepared, self.live, queries):
            counts += self.book.add_smallest(spec, each, prepared)
        return counts

    def tell_features(self, spec: Spec, counts: Counter[str]) -> None:
        """Write down which features a trial's loss lies with, where it is not known already."""
        place = list(self.outcomes).index(spec.key)
        if not self.trials[place].features:
            told = shares(counts)
            self.trials[place] = msgspec.structs.replace(self.trials[place], features=told)
            self.tell(trials=tuple(self.trials))

    def share(self, spec: Spec) -> int:
        """Return the queries that a trial may use: an equal part of what is left for its kind.

        A load has a fixed price, for which it needs no part. Requirements come first, but leave to
        the curves up to a third of what loads leave, and all leave some for shrinking.
        """
        left = self.run.budget - self.live.queries
        if spec.kind is TrialKind.LOADED:
            return left
        left -= self.run.budget // SHRINKING_PART
        if spec not in self.plan.trials:
            return left // (len(self.plan.curves) - self.plan.curves.index(spec))
        costs = [fixed_cost(each) for each in self.plan.trials[self.plan.trials.index(spec) :]]
        # A load that is too large for the run leaves its part to the others.
        left -= sum(costs) if sum(costs) < left else 0
        kept = min(left // 3, len(self.plan.curves) * self.retest.records)
        return (left - kept) // costs.count(0)

    def finish(self, history: History, reason: str) -> None:
        """Decide what can be decided, write the cases, and end the run."""
        requirements = []
        for gate in self.plan.gates:
            known = self.outcomes.get(gate.spec.key)
            if known is None:
                why = self.problems.get(gate.spec.key, reason or "it was not run")
                requirements.append(undecided(gate, self.alpha, why))
            else:
                requirements.append(decide(gate, *known, self.alpha))
        verdict = overall(requirements)
        if reason and verdict is Verdict.PASSED:
            verdict = Verdict.INCONCLUSIVE
        cases = ""
        if self.book.write(history.folder(self.run.id, self.run.model) / CASES):
            cases = CASES
        latencies = np.array(self.live.latencies_s())
        self.tell(
            state=State.FINISHED,
            ended=datetime.now(UTC).isoformat(timespec="milliseconds"),
            verdict=verdict,
            reason=reason,
            doing="",
            requirements=tuple(requirements),
            errors=self.live.errors(),
            cases=cases,
            latency_s={
                name: float(np.percentile(latencies, each)) for name, each in PERCENTILES.items()
            }
            if len(latencies)
            else {},
        )

    def tell(self, **changes: object) -> None:
        """Change what is known of the run, and tell everybody."""
        self.run = msgspec.structs.replace(self.run, queries=self.live.queries, **changes)
        for each in self.told:
            each(self.run)


def _clean(prepared: Prepared) -> Clean:
    figures = {}
    if prepared.sample.labels is not None:
        share = Share.of(prepared.right, prepared.answers.failed)
        figures["accuracy"] = figure(share.interval())
    return Clean(
        data=prepared.data,
        records=len(prepared.sample),
        failed=int(prepared.answers.failed.sum()),
        figures=figures,
        control_flip_ratio=figure(prepared.control.interval()),
    )
