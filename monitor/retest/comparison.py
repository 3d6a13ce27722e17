"""What a comparison of two versions of a model found, as it is printed."""

from collections.abc import Sequence

import msgspec

from detectors.robustness.verdict import Verdict
from monitor.retest.result import Figure, Run


class Difference(msgspec.Struct, frozen=True):
    """A requirement on both models, on the same changed records.

    champion, challenger: the measure of each. difference: the challenger's less the champion's,
    with its 95 % interval, paired by record. p: of McNemar's test that there is none; None where
    it is not defined. better, worse: records that only the challenger answered well, and badly.
    change: better, worse, or same where no difference was shown. Of loads and edge cases, which
    have no pairs, there is neither interval nor p, and the two verdicts tell the change.
    """

    name: str
    perturbation: str
    severity: float
    data: str
    measure: str
    limit: str
    champion: Figure
    challenger: Figure
    champion_verdict: Verdict
    challenger_verdict: Verdict
    difference: Figure
    p: float | None
    better: int
    worse: int
    records: int
    change: str
    words: str = ""


class Comparison(msgspec.Struct, frozen=True):
    """Two models that were sent the same changed records.

    verdict: failed where the challenger is worse in a requirement, inconclusive where one of the
    two could not be asked, else passed. reason: why it is inconclusive, "" otherwise.
    """

    model: str
    retest: str
    champion: Run
    challenger: Run
    differences: Sequence[Difference]
    verdict: Verdict
    reason: str = ""
