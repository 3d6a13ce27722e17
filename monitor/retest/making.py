"""Makes a trial of what a plan says of it: which kind takes what of the run."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from detectors.robustness.attacks import ATTACKS
from detectors.robustness.edge_cases import EdgeCase
from detectors.robustness.gradients.inputs import ColumnGradient
from detectors.robustness.space import Feature, Space
from detectors.robustness.table import Sample
from detectors.robustness.threat import Attack, BudgetSpentError
from monitor.config import ModelConfig
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints.python_callable import gradient_of
from monitor.retest.load.protocol import Endpoint
from monitor.retest.measures import BY_SEVERITY, TrialKind
from monitor.retest.model import LiveModel
from monitor.retest.plan import Spec
from monitor.retest.spending import cost_of
from monitor.retest.trials.allowance import FEWEST, Allowance
from monitor.retest.trials.attacked import attacked
from monitor.retest.trials.certified import certified
from monitor.retest.trials.edge import edge
from monitor.retest.trials.loaded import caps_of, loaded
from monitor.retest.trials.outcome import Outcome
from monitor.retest.trials.perturbed import perturbed
from monitor.retest.trials.prepared import Prepared, beside
from monitor.retest.trials.related import related

LARGEST_SEED = 1 << 31


@dataclass(frozen=True, slots=True)
class Made:
    """What a trial found, of which records, and the edge cases that it made."""

    outcome: Outcome
    prepared: Prepared
    edges: tuple[EdgeCase, ...] = ()


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes the trials of one run.

    run: its id. seed: of all that is drawn. url: that is asked. endpoint: as configured.
    """

    run: str
    name: str
    seed: int
    url: str
    model: ModelConfig
    endpoint: EndpointConfig
    space: Space
    live: LiveModel

    def make(self, spec: Spec, prepared: Prepared, queries: int, odd: Sample | None = None) -> Made:
        """Make a trial with so many queries at most.

        odd: production records outside of the reference, which edge cases are made of too.
        Raises what the model and the trial raise: BudgetSpentError where there are too few
        queries, ValueError or PerturbationError where it cannot be made of such records.
        """
        # The same noise at every severity, so that a curve is of one draw.
        rng = np.random.default_rng([self.seed, crc32(spec.perturbation.encode())])
        match spec.kind:
            case TrialKind.LOADED:
                return Made(self._load(spec, prepared), prepared)
            case TrialKind.EDGE:
                strange = 0 if odd is None else len(odd)
                if odd is not None and strange:
                    prepared = beside(prepared, odd, self.live)
                outcome, cases = edge(prepared, self.live, queries, rng, strange)
                return Made(outcome, prepared, cases)
            case TrialKind.CERTIFIED:
                return Made(self._certify(spec, prepared, queries, rng), prepared)
        if spec.kind in BY_SEVERITY:
            return self._by_severity(spec, prepared, queries, rng)
        return Made(self._attack(spec, prepared, queries, rng), prepared)

    def _features(self, spec: Spec) -> tuple[Feature, ...] | None:
        return tuple(self.space[name] for name in spec.features) or None

    def _by_severity(
        self, spec: Spec, prepared: Prepared, queries: int, rng: np.random.Generator
    ) -> Made:
        """Perturb as many records as the queries suffice for, or their follow-ups."""
        seed = rng.integers(LARGEST_SEED)
        changed = spec.made(
            prepared.sample, prepared.space, spec.severity, np.random.default_rng(seed)
        )
        wanted = sum(len(variant.places) for variant in changed)
        if wanted > queries:
            some = int(len(prepared.sample) * queries / wanted)
            if some < FEWEST:
                raise BudgetSpentError(f"{queries} queries are too few for {spec.perturbation}")
            chosen = np.sort(rng.choice(len(prepared.sample), some, replace=False))
            prepared = prepared.take(chosen)
        run = perturbed if spec.kind is TrialKind.PERTURBED else related
        again = np.random.default_rng(seed)
        return Made(run(spec.made, spec.severity, prepared, self.live, again), prepared)

    def _certify(
        self, spec: Spec, prepared: Prepared, queries: int, rng: np.random.Generator
    ) -> Outcome:
        return certified(
            spec.made,
            spec.severity,
            prepared,
            self._features(spec),
            self.live,
            Allowance(queries),
            rng,
        )

    def _attack(
        self, spec: Spec, prepared: Prepared, queries: int, rng: np.random.Generator
    ) -> Outcome:
        attack = ATTACKS[spec.made.attack]() if spec.kind is TrialKind.BOUNDARY else spec.made
        if attack.needs_scores and not (prepared.answers.scored or prepared.task.regression):
            raise ValueError(f"{spec.perturbation} needs probabilities, and the model tells none")
        return attacked(
            attack,
            spec.norm,
            spec.severity,
            prepared,
            self._features(spec),
            self.live,
            Allowance(queries),
            cost_of(spec),
            rng,
            self._gradient(attack),
        )

    def _gradient(self, attack: Attack) -> ColumnGradient | None:
        """Return the gradient that an attack needs. Raises ValueError where there is none."""
        if not attack.needs_gradient:
            return None
        found = gradient_of(self.endpoint)
        if found is None:
            raise ValueError(
                f"{attack.name} needs gradients, and the endpoint tells none; use square or "
                "hop_skip_jump"
            )
        return found

    def _load(self, spec: Spec, prepared: Prepared) -> Outcome:
        """Load the endpoint; its requests are spent beforehand, and there are no fewer of them."""
        assert self.endpoint.load is not None, "a plan with a load has its limits"
        caps = caps_of(self.endpoint.load)
        caps.require(self.url, spec.made.plan(spec.severity, self.endpoint))
        marks = self.model.records.marks
        start = f"{marks.id_prefix}{self.run}-load-{self.live.queries}-"
        self.live.spend(spec.made.requests(spec.severity))
        endpoint = Endpoint(self.endpoint, self.name, self.space, start, self.url, marks.header)
        return loaded(spec.made, spec.severity, caps, endpoint, prepared.sample.table)
