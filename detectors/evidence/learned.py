"""What the records of a reference teach beside their counts, and their order if it has one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.evidence.budget import Budget
from detectors.evidence.calibrate import calibrate
from detectors.evidence.closing import Closing
from detectors.evidence.covariance import covariance_of, record_scores, value_columns
from detectors.evidence.dense import Dense, whitening_of
from detectors.evidence.derived import Derivation
from detectors.evidence.inflation import Inflation
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import WHITENED, Ratios, continuous_streams, ratios_of
from detectors.evidence.replay import Replay
from detectors.evidence.season import DAY_MS, Season
from detectors.evidence.streams import Kind
from detectors.kernel import standardise
from detectors.profile import Profile


@dataclass(frozen=True, slots=True)
class Calibration:
    """What streams do without drift: their season, and how far their windows wander.

    whitening: takes the place of the records' own. days: that it was learned from; 0 where
    blocks have no time. replay: what the held-out half of the reference did under the other
    half's calibration; None where that was not tried.
    """

    season: Season
    inflation: Inflation
    whitening: Mapping[Kind, FloatArray]
    days: float
    replay: Replay | None = None

    @classmethod
    def of(
        cls, raw: Ratios, blocks: Sequence[Observed], unit_ms: int, unit_blocks: int = 1
    ) -> "Calibration":
        """Learn from records in time order; raw: likelihood ratios that are not calibrated.

        blocks: oldest first, numbered in units of ``unit_ms``, those without records left out.
        unit_blocks: how many blocks of a stream make one of these. Raises ValueError if there
        are too few to say anything.
        """
        known = calibrate(raw, blocks, unit_ms)
        season, inflation = known.season, known.inflation
        return cls(
            season=replace(season, day_blocks=season.day_blocks * unit_blocks),
            inflation=replace(inflation, lengths=inflation.lengths * unit_blocks),
            whitening={each.kind: each.whitening for each in known.dense},
            days=(blocks[-1].last - blocks[0].first + 1) * unit_ms / DAY_MS,
        )

    def of_ratios(self, raw: Ratios) -> Ratios:
        """Return likelihood ratios that know what this says."""
        return raw.calibrated(
            season=self.season,
            inflation=self.inflation,
            dense=tuple(
                Dense(each.kind, each.streams, self.whitening[each.kind]) for each in raw.dense
            ),
        )

    def floor(self, budget: Budget) -> float:
        """Return the evidence below which nothing pages, as replaying the reference showed."""
        return 0.0 if self.replay is None else self.replay.threshold(budget)

    def false_pages(self, budget: Budget) -> float | None:
        """Return the pages in the budget's period that the replay measured; None without one."""
        if self.replay is None:
            return None
        if not self.days:
            return self.replay.pages * budget.blocks / self.replay.blocks
        return self.replay.pages * budget.per_ms / (self.days / 2 * DAY_MS)


@dataclass(frozen=True, slots=True)
class Learned:
    """What one part of a reference, a segment or all of it, teaches beside its counts.

    whitening: (dimensions, streams) of the location and of the scale scores. derivation: what
    is normal along the profile's directions. calibration: None where the order of the records
    is not known, or there are too few.
    """

    whitening: Mapping[Kind, FloatArray]
    derivation: Derivation | None
    calibration: Calibration | None = None

    @classmethod
    def of(cls, profile: Profile, counts: IntArray, numeric: FloatArray) -> "Learned":
        """Learn from a sample of the records, whatever their order.

        counts: (features, WIDTH), of all records of this part. numeric: (n, numeric), nan where
        missing, of a uniform sample of those that the profile's directions were not fitted on.
        """
        if not len(numeric):
            return cls({}, None)
        streams = continuous_streams(profile, counts)
        columns = value_columns(profile, numeric)
        whitening = {}
        for kind in WHITENED:
            chosen = np.flatnonzero([each == kind for each in streams.kinds])
            if len(chosen):
                scores = record_scores(streams, chosen, columns)
                whitening[kind] = whitening_of(covariance_of(scores), len(scores))
        derivation = None
        if profile.directions is not None:
            standard = standardise(numeric, profile.centre, profile.scale)
            derivation = Derivation.of(profile.directions, standard)
        return cls(whitening, derivation)

    def floor(self, budget: Budget) -> float:
        """Return the evidence below which nothing pages, as replaying the reference showed."""
        return 0.0 if self.calibration is None else self.calibration.floor(budget)

    def closing(self, profile: Profile, counts: IntArray) -> Closing:
        """Return what closes the blocks that are compared with this part of the reference."""
        return Closing.of(profile, counts, self.derivation)

    def ratios(
        self, profile: Profile, counts: IntArray, wanders: bool, ignore_below: float = 0.0
    ) -> Ratios:
        """Return the likelihood ratios, calibrated where that is known.

        wanders: whether records depend on one another, as they do wherever there is a
        calibration, and in the streams from which one is learned.
        """
        ratios = ratios_of(
            profile,
            counts,
            whitening=self.whitening,
            derivation=self.derivation,
            wanders=wanders or self.calibration is not None,
            ignore_below=ignore_below,
        )
        if self.calibration is None:
            return ratios
        return self.calibration.of_ratios(ratios)

    def raw(self, profile: Profile, counts: IntArray) -> Ratios:
        """Return the likelihood ratios as a calibration takes them, without season and memory."""
        return replace(self, calibration=None).ratios(profile, counts, wanders=True)

    def calibrated(
        self,
        profile: Profile,
        counts: IntArray,
        blocks: Sequence[Observed],
        unit_ms: int,
        unit_blocks: int = 1,
    ) -> "Learned":
        """Return the same with what records in time order teach.

        blocks, unit_ms, unit_blocks: as in Calibration.of, which raises ValueError.
        """
        raw = self.raw(profile, counts)
        return replace(self, calibration=Calibration.of(raw, blocks, unit_ms, unit_blocks))
