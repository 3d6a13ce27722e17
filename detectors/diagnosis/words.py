"""A diagnosis in words."""

import numpy as np

from detectors.diagnosis.damage import Damage, Fault
from detectors.diagnosis.failure_mode import FailureMode
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.signals import MOST_TOLD, Signals
from detectors.words import percent

MOST_BROKEN = 3


def in_words(signals: Signals, kind: FailureMode | None) -> str:
    """Say in a sentence or two why this mode is named."""
    if kind is None:
        return "Nothing stands out."
    return _SAYING[kind](signals)


def _corruption(signals: Signals) -> str:
    sure = [each for each in signals.seen.damages if each.evidence >= signals.threshold]
    # What a model answers to broken inputs is broken too, and not the cause.
    causes = [each for each in sure if signals.inputs[each.row]] or sure
    told = [_damage(signals, each) for each in causes[:MOST_BROKEN]]
    if len(causes) > MOST_BROKEN:
        told.append(f"{len(causes) - MOST_BROKEN} more are broken")
    return f"{_listed(told)}; data corruption is likelier than drift."


def _damage(signals: Signals, damage: Damage) -> str:
    name = f"`{signals.features[damage.row]}`"
    now, before = percent(damage.now), percent(damage.before)
    if damage.fault is Fault.MISSING:
        return f"{name} is missing in {now} of the records (reference: {before})"
    if damage.fault is Fault.INVALID:
        return f"{name} is invalid in {now} of the records (reference: {before})"
    if damage.fault is Fault.STUCK:
        return f"{name} is stuck: {now} of its values are {damage.detail} (reference: {before})"
    if damage.fault is Fault.SCALED:
        return f"the values of {name} are {damage.detail}"
    return f"{now} of the values of {name} lie outside all that the reference saw"


def _moved(signals: Signals) -> str:
    rows = [row for row in signals.changes if signals.inputs[row]][:MOST_TOLD]
    told = [f"`{signals.features[row]}` changed ({signals.changes[row]})" for row in rows]
    if not told:
        return "many inputs changed a little together"
    return _listed(told)


def _covariate(signals: Signals) -> str:
    performance = signals.performance
    moved = f"Inputs moved: {_moved(signals)}."
    if performance is None:
        return f"{moved} No label says yet what it does to performance."
    if performance.evidence < signals.threshold:
        return f"{moved} Performance holds: {_measured(performance)}."
    return f"{moved} Performance fell as that makes expect: {_measured(performance)}."


def _concept(signals: Signals) -> str:
    performance = signals.performance
    assert performance is not None, "only labels show concept drift"
    if performance.evidence < signals.threshold:
        return (
            f"{_labels_moved(signals)} No input moved, so their relation to the labels changed; "
            f"{_measured(performance)}."
        )
    fell = f"Performance fell: {_measured(performance)}."
    if signals.strongest.value < signals.threshold:
        return f"{fell} No input moved, so their relation to the labels changed."
    return f"{fell} Inputs moved too, but do not explain so much: {_moved(signals)}."


def _prior(signals: Signals) -> str:
    mixture = signals.mixture
    if mixture is None:
        rows = [row for row in signals.changes if not signals.inputs[row]][:MOST_TOLD]
        told = _listed([signals.changes[row] for row in rows]) or "it moved"
        return f"Predictions moved ({told}), and no input as much: other labels are to be expected."
    if signals.strongest.value < signals.threshold:
        return f"{_labels_moved(signals)} Inputs moved no more than that explains."
    return f"{_labels_moved(signals)} That explains how the inputs moved."


def _labels_moved(signals: Signals) -> str:
    mixture = signals.mixture
    assert mixture is not None, "moved labels are told by a mixture of the reference's"
    before, now = mixture.before, mixture.told
    at = int(np.abs(now - before).argmax())
    name = signals.label_names[at] if at < len(signals.label_names) else "other"
    share, earlier = percent(float(now[at])), percent(float(before[at]))
    if signals.performance is None:
        return f"It is as if the label `{name}` went from {earlier} to {share} of the records."
    return f"The label `{name}` went from {earlier} to {share} of the records."


def _outliers(signals: Signals) -> str:
    found = signals.seen.outliers
    return (
        f"{percent(found.share)} of the records lie outside all that the reference saw "
        f"({percent(found.expected)} by chance), and the others did not move."
    )


def _measured(performance: PerformanceSignal) -> str:
    name = performance.measure.replace("_", " ")
    words = f"{name} is {performance.realised:.3g} (reference: {performance.reference:.3g}"
    if performance.estimate_known:
        words += f", estimated: {performance.estimated:.3g}"
    return f"{words}) over {performance.pairs:,} labels"


def _listed(told: list[str]) -> str:
    if len(told) < 2:
        return "".join(told)
    return f"{', '.join(told[:-1])} and {told[-1]}"


_SAYING = {
    FailureMode.DATA_CORRUPTION: _corruption,
    FailureMode.PRIOR_SHIFT: _prior,
    FailureMode.CONCEPT_DRIFT: _concept,
    FailureMode.COVARIATE_SHIFT: _covariate,
    FailureMode.OUT_OF_DISTRIBUTION: _outliers,
}
