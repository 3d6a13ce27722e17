"""Relations between the answers for records and for their follow-ups."""

from collections.abc import Mapping

import numpy as np

from detectors.robustness.measured import Measured, Share
from detectors.robustness.relations import Relation, valid
from monitor.retest.model import LiveModel
from monitor.retest.trials.outcome import Failing, Kept, Outcome
from monitor.retest.trials.prepared import Prepared


def related(
    relation: Relation,
    severity: float,
    prepared: Prepared,
    model: LiveModel,
    rng: np.random.Generator,
) -> Outcome:
    """Send the follow-ups of the records; raises what the relation and the model raise."""
    variants: dict[str, Mapping[str, Measured]] = {}
    lost = np.zeros(len(prepared.sample), dtype=np.int64)
    failing: list[Failing] = []
    failed = 0
    kept: dict[str, Kept] = {}
    for variant in relation(prepared.sample, prepared.space, severity, rng):
        source = prepared.answers.take(variant.places)
        table = model.cast(variant.table)
        follow = model.predict(table)
        violated = relation.violated(source, follow, prepared.task)
        known = np.flatnonzero(~source.failed)
        unknown = ~valid(source, follow)
        variants[variant.name] = {
            "relation_violation_ratio": Share.of(violated[known], unknown[known])
        }
        answered = np.flatnonzero(~unknown)
        kept[variant.name] = Kept(variant.places[answered], ~violated[answered])
        broken = np.flatnonzero(violated)
        np.add.at(lost, variant.places[broken], 1)
        failing.append(
            Failing.of(
                variant.name, variant.places[broken], table.take(broken), follow.outcome[broken]
            )
        )
        failed += int(follow.failed.sum())
    by_feature = {each.variant: len(each.places) for each in failing if each.variant}
    return Outcome(variants, lost, failing, by_feature, failed, kept)
