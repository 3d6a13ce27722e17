"""Two versions of a model on the same changed records, compared record by record."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from detectors.robustness.drop import drop_bounds
from detectors.robustness.paired import mcnemar
from detectors.robustness.verdict import Verdict
from monitor.config import Settings
from monitor.reference.file import Reference
from monitor.retest.comparison import Comparison, Difference
from monitor.retest.history import History
from monitor.retest.measures import MEASURES, TrialKind
from monitor.retest.plan import Gate
from monitor.retest.result import Figure, Requirement
from monitor.retest.run import carry_out
from monitor.retest.running import Progress, Running
from monitor.retest.wording import trial_words, value_words

ALPHA = 0.05
"""The chance that a difference is shown where there is none, over all requirements together."""

UNPAIRED = (TrialKind.LOADED, TrialKind.EDGE)
"""Kinds of trial without records to pair: a load has none, and each model gets edge cases made of
the records that it answered. Their verdicts are compared."""

CHANGES = {(Verdict.PASSED, Verdict.FAILED): "worse", (Verdict.FAILED, Verdict.PASSED): "better"}
"""By the verdicts on the champion and on the challenger."""

Well = Mapping[str, bool]
"""Whether a record is well under all variants of a trial, by its id."""


def run_compare(
    settings: Settings,
    reference: Reference,
    model_name: str,
    retest_name: str,
    champion_url: str,
    challenger_url: str,
    progress: Progress,
) -> Comparison:
    """Run a re-test on two endpoints with one seed, and pair what became of each record.

    Perturbations and relations send the two the same records; an attack looks for changes of its
    own against each; of loads and edge cases the two verdicts tell. A record is well where it kept
    the right answer, or where it has no label its own. Nothing is kept in the model's history.

    Source: McNemar (1947); levels divided by the number of requirements (Bonferroni).
    """
    with TemporaryDirectory(prefix="driftd-compare-") as folder:
        runs = [
            carry_out(
                settings,
                reference,
                model_name,
                retest_name,
                "gate",
                url,
                History(Path(folder) / side),
                progress,
                gate=True,
                seed=_seed(settings, model_name, retest_name),
            )
            for side, url in (("champion", champion_url), ("challenger", challenger_url))
        ]
    champion, challenger = runs
    differences = tuple(_differences(champion, challenger))
    reason = champion.run.reason or challenger.run.reason
    unsure = _unsure(champion.plan.gates, differences)
    verdict = Verdict.PASSED
    if any(each.change == "worse" for each in differences):
        verdict = Verdict.FAILED
    elif reason or len(differences) < len(champion.plan.gates):
        verdict = Verdict.INCONCLUSIVE
        reason = reason or "not every requirement could be tested on both"
    elif unsure:
        verdict = Verdict.INCONCLUSIVE
        reason = f"whether the challenger is no worse in {', '.join(unsure)} is not decided"
    return Comparison(
        model=model_name,
        retest=retest_name,
        champion=champion.run,
        challenger=challenger.run,
        differences=differences,
        verdict=verdict,
        reason=reason,
    )


def _seed(settings: Settings, model_name: str, retest_name: str) -> int:
    configured = settings.models[model_name].retests[retest_name].seed
    return 0 if configured == "fresh" else configured


def _unsure(gates: Sequence[Gate], differences: Sequence[Difference]) -> list[str]:
    """Return the requirements of unpaired trials that the challenger did not pass."""
    unpaired = {gate.name for gate in gates if gate.spec.kind in UNPAIRED}
    return [
        each.name
        for each in differences
        if each.name in unpaired and each.challenger_verdict is not Verdict.PASSED
    ]


def _differences(champion: Running, challenger: Running) -> Iterator[Difference]:
    gates = champion.plan.gates
    for gate, first, second in zip(
        gates, champion.run.requirements, challenger.run.requirements, strict=True
    ):
        if gate.spec.kind in UNPAIRED:
            yield _of_verdicts(gate, first, second)
            continue
        before, after = _well(champion, gate), _well(challenger, gate)
        if before and after:
            yield _difference(gate, first, second, before, after, ALPHA / len(gates))


def _well(running: Running, gate: Gate) -> Well:
    """Return which records are well in the trial of a requirement; empty where it was not run."""
    known = running.outcomes.get(gate.spec.key)
    if known is None:
        return {}
    outcome, prepared = known
    found: dict[str, bool] = {}
    for kept in outcome.kept.values():
        for name, well in zip(prepared.sample.ids[kept.places], kept.well.tolist(), strict=True):
            found[name] = found.get(name, True) and well
    return found


def _difference(
    gate: Gate,
    first: Requirement,
    second: Requirement,
    champion: Well,
    challenger: Well,
    alpha: float,
) -> Difference:
    both = [(champion[key], challenger[key]) for key in champion.keys() & challenger.keys()]
    worse = sum(before and not after for before, after in both)
    better = sum(after and not before for before, after in both)
    p = mcnemar(worse, better) if both else None
    change = "same"
    if p is not None and p <= alpha:
        change = "better" if better > worse else "worse"
    low, high = drop_bounds(worse, better, len(both), 0.025, 0.025) if both else (-1.0, 1.0)
    share = (worse - better) / len(both) if both else 0.0
    less = MEASURES[gate.config.measure].better == "less"
    return structs.replace(
        _of_verdicts(gate, first, second),
        difference=Figure(share, low, high) if less else Figure(-share, -high, -low),
        p=p,
        better=better,
        worse=worse,
        records=len(both),
        change=change,
        words=f"{_said(gate, change)}; of {len(both):,} records, {better:,} are well with it only "
        f"and {worse:,} with the champion only",
    )


def _of_verdicts(gate: Gate, first: Requirement, second: Requirement) -> Difference:
    """Return what the two requirements alone tell, without pairs of records."""
    measure = gate.config.measure
    change = CHANGES.get((first.verdict, second.verdict), "same")
    before, after = (value_words(measure, each.value) for each in (first, second))
    return Difference(
        name=gate.name,
        perturbation=gate.spec.perturbation,
        severity=first.severity,
        data=gate.spec.data,
        measure=measure,
        limit=first.limit,
        champion=Figure(first.value, first.low, first.high),
        challenger=Figure(second.value, second.low, second.high),
        champion_verdict=first.verdict,
        challenger_verdict=second.verdict,
        difference=Figure(_less(second.value, first.value)),
        p=None,
        better=0,
        worse=0,
        records=min(first.records, second.records),
        change=change,
        words=f"{_said(gate, change)}; its {MEASURES[measure].words} is {after} ({second.verdict}) "
        f"and the champion's {before} ({first.verdict})",
    )


def _less(value: float | None, other: float | None) -> float | None:
    return None if value is None or other is None else value - other


def _said(gate: Gate, change: str) -> str:
    said = {"better": "better", "worse": "worse", "same": "not shown to differ"}[change]
    return f"{trial_words(gate.spec)}: the challenger is {said}"
