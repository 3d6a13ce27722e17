"""A run of a re-test while it goes on: trial after trial, until every requirement is decided."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zlib import crc32

import msgspec
import numpy as np

from detectors.robustness.answers import Task
from detectors.robustness.attacks import ATTACKS
from detectors.robustness.measured import Share
from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.space import Space
from detectors.robustness.threat import BudgetSpentError
from detectors.robustness.verdict import Verdict
from monitor.config import ModelConfig
from monitor.config.retests import Data, RetestConfig
from monitor.reference.table import DataError
from monitor.retest.endpoints.python_callable import gradient_of
from monitor.retest.failing_cases import CaseBook
from monitor.retest.history import History
from monitor.retest.judgement import decide, figure, overall, trial_document, undecided
from monitor.retest.load.protocol import Endpoint
from monitor.retest.measures import BY_SEVERITY, TrialKind
from monitor.retest.model import EndpointError, LiveModel
from monitor.retest.plan import Plan, Spec
from monitor.retest.result import Clean, Run, State, Trial
from monitor.retest.samples import evaluation_sample, production_sample
from monitor.retest.spending import cost_of, fixed_cost
from monitor.retest.trials.allowance import FEWEST, Allowance
from monitor.retest.trials.attacked import attacked
from monitor.retest.trials.certified import certified
from monitor.retest.trials.edge import edge
from monitor.retest.trials.loaded import caps_of, loaded
from monitor.retest.trials.outcome import Outcome
from monitor.retest.trials.perturbed import perturbed
from monitor.retest.trials.prepared import Prepared, prepare
from monitor.retest.trials.related import related
from monitor.retest.trials.smallest import smallest
from monitor.retest.wording import trial_words

LARGEST_SEED = 1 << 31
CASES = "cases.parquet"
PERCENTILES = {"0.5": 50, "0.95": 95, "0.99": 99}

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
    told: Sequence[Progress] = ()
    prepared: dict[Data, Prepared] = field(default_factory=dict)
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

    def attempt(self, spec: Spec) -> None:
        """Make one trial, or note why it cannot be made."""
        if spec.data not in self.prepared:
            self.problems[spec.key] = self.failures[spec.data]
            return
        prepared, before = self.prepared[spec.data], self.live.queries
        try:
            outcome, used = self.outcome(spec, prepared)
        except BudgetSpentError:
            self.problems[spec.key] = f"the run's {self.run.budget:,} queries are spent"
            return
        except (PerturbationError, ValueError) as error:
            self.problems[spec.key] = str(error)
            return
        self.outcomes[spec.key] = outcome, used
        self.trials.append(trial_document(spec, outcome, used, self.live.queries - before))
        self.book.add(spec, outcome, used)

    def outcome(self, spec: Spec, prepared: Prepared) -> tuple[Outcome, Prepared]:
        """Return what a trial finds and of which records; raises what its parts raise."""
        # The same noise at every severity, so that a curve is of one draw.
        rng = np.random.default_rng([self.run.seed, crc32(spec.perturbation.encode())])
        if spec.kind is TrialKind.LOADED:
            return self.under_load(spec, prepared), prepared
        queries = self.share(spec)
        if spec.kind is TrialKind.EDGE:
            outcome, cases = edge(prepared, self.live, queries, rng)
            self.book.edges += cases
            return outcome, prepared
        if spec.kind in BY_SEVERITY:
            return self.by_severity(spec, prepared, queries, rng)
        features = tuple(self.space[name] for name in spec.features) or None
        if spec.kind is TrialKind.CERTIFIED:
            allowance = Allowance(queries)
            found = certified(
                spec.made, spec.severity, prepared, features, self.live, allowance, rng
            )
            return found, prepared
        attack = spec.made
        if spec.kind is TrialKind.BOUNDARY:
            attack = ATTACKS[spec.made.attack]()
        gradient = None
        if attack.needs_gradient:
            assert self.model.endpoint is not None, "a plan has an endpoint"
            gradient = gradient_of(self.model.endpoint)
            if gradient is None:
                raise ValueError(
                    f"{spec.perturbation} needs gradients, and the endpoint tells none; use "
                    "square or hop_skip_jump"
                )
        if attack.needs_scores and not prepared.answers.scored and not self.task.regression:
            raise ValueError(f"{spec.perturbation} needs probabilities, and the model tells none")
        found = attacked(
            attack,
            spec.norm,
            spec.severity,
            prepared,
            features,
            self.live,
            Allowance(queries),
            cost_of(spec),
            rng,
            gradient,
        )
        return found, prepared

    def under_load(self, spec: Spec, prepared: Prepared) -> Outcome:
        """Load the endpoint; its requests are spent beforehand, and there are no fewer of them."""
        config, marks = self.model.endpoint, self.model.records.marks
        assert config is not None, "a plan has an endpoint"
        assert config.load is not None, "a plan with a load has its limits"
        caps, plan = caps_of(config.load), spec.made.plan(spec.severity, config)
        caps.require(self.run.endpoint, plan)
        start = f"{marks.id_prefix}{self.run.id}-load-{self.live.queries}-"
        self.live.spend(plan.requests)
        endpoint = Endpoint(
            config, self.run.model, self.space, start, self.run.endpoint, marks.header
        )
        return loaded(plan, caps, endpoint, prepared.sample.table)

    def by_severity(
        self, spec: Spec, prepared: Prepared, queries: int, rng: np.random.Generator
    ) -> tuple[Outcome, Prepared]:
        """Perturb as many records as the queries suffice for, or their follow-ups."""
        seed = rng.integers(LARGEST_SEED)
        made = spec.made(
            prepared.sample, prepared.space, spec.severity, np.random.default_rng(seed)
        )
        wanted = sum(len(variant.places) for variant in made)
        if wanted > queries:
            some = int(len(prepared.sample) * queries / wanted)
            if some < FEWEST:
                raise BudgetSpentError(f"{queries} queries are too few for {spec.perturbation}")
            chosen = np.sort(rng.choice(len(prepared.sample), some, replace=False))
            prepared = prepared.take(chosen)
        run = perturbed if spec.kind is TrialKind.PERTURBED else related
        again = np.random.default_rng(seed)
        return run(spec.made, spec.severity, prepared, self.live, again), prepared

    def shrink(self) -> None:
        """Look for the smallest failing changes with the queries that are left."""
        self.tell(doing="smallest failing changes")
        specs = [each for each in self.plan.trials if each.kind is TrialKind.PERTURBED]
        # All trials are made by now, so that an endpoint that ends changes no verdict.
        with suppress(EndpointError):
            for number, spec in enumerate(specs):
                if spec.key in self.outcomes:
                    outcome, prepared = self.outcomes[spec.key]
                    left = (self.run.budget - self.live.queries) // (len(specs) - number)
                    for each in smallest(
                        spec.made.label, outcome.failing, prepared, self.live, left
                    ):
                        self.book.add_smallest(spec, each, prepared)

    def share(self, spec: Spec) -> int:
        """Return the queries that a trial may use: an equal part of what is left for its kind.

        Requirements come first, but leave to the curves up to a third of what loads leave.
        """
        left = self.run.budget - self.live.queries
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
