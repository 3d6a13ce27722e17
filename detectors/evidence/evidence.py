"""The windowed likelihood ratio of a stream against a finite reference."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from detectors.counts import Counts, FloatArray, IntArray
from detectors.evidence.groups import Group
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.sparse import Strongest, strongest
from detectors.evidence.streams import Kind
from detectors.psi import PSI

LOWEST = 0.0
"""Evidence below this says nothing, and is not looked for."""

JOINT = -1
"""Stands for the feature where a change lies in many of them together."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The largest evidence of drift in any window of a stream, and what it is evidence of.

    value: in nats, at least 0; comparable with Budget.page_threshold. group, kind: None where
    there is none. feature: row in Profile.features, or JOINT. column: of the table of counts,
    or -1. first, last: blocks of the window; records: in it. effect: sd units, signed. psi: of
    the feature in the window, less its sampling noise; nan for JOINT.
    """

    value: float = LOWEST
    group: Group | None = None
    kind: Kind | None = None
    feature: int = JOINT
    column: int = -1
    first: int = -1
    last: int = -1
    records: int = 0
    effect: float = 0.0
    psi: float = float("nan")

    @property
    def blocks(self) -> int:
        """Length of the window."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class _Row:
    """Sums of one bucket: of every stream, of the whitened scores, and records in rare bins."""

    sums: NDArray[np.float32]
    whitened: FloatArray
    rare: FloatArray


@dataclass(frozen=True, slots=True)
class _Windows:
    """Suffixes of the buckets, shortest first: what one step looks at."""

    first: IntArray
    last: int
    records: FloatArray
    sums: NDArray[np.float32]
    whitened: FloatArray
    rare: FloatArray

    @property
    def blocks(self) -> IntArray:
        return self.last - self.first + 1


@dataclass(slots=True)
class Detector:
    """Computes the evidence of one stream; keeps nothing that its buckets do not say.

    rows: sums of the buckets of the last step. They are a memory of what was computed, so a
    detector that starts without them gives the same numbers, bit for bit.
    """

    ratios: Ratios
    rows: dict[tuple[int, int], _Row] = field(default_factory=dict)

    def step(self, buckets: Sequence[Observed], since: int = 0) -> Evidence:
        """Return the evidence of all windows that end with the newest bucket.

        buckets: newest first. since: a window may not start before this block.
        """
        used = [bucket for bucket in buckets if bucket.first >= since]
        if not used or not sum(bucket.records for bucket in used):
            return Evidence()
        kept = {(bucket.first, bucket.last): self._row(bucket) for bucket in used}
        self.rows = kept
        windows = _suffixes(used, list(kept.values()))
        found = max(
            (*self._sparse(windows), self._dense(windows), self._rare(windows)),
            key=lambda each: each.value,
        )
        return self._with_psi(found, used)

    def _row(self, bucket: Observed) -> _Row:
        known = self.rows.get((bucket.first, bucket.last))
        if known is not None:
            return known
        ratios = self.ratios
        vector = bucket.vector.astype(np.float64)
        sums = ratios.streams.sums(vector, bucket.records) - ratios.season.sums(bucket.clock)
        return _Row(
            sums=sums.astype(np.float32),
            whitened=ratios.dense.whitening @ sums[ratios.whitened],
            rare=vector[ratios.rare.places],
        )

    def _sparse(self, windows: _Windows) -> list[Evidence]:
        ratios = self.ratios
        effective = ratios.inflation.effective(windows.blocks, windows.records, ratios.records)
        bounds = np.abs(windows.sums)
        upward = ratios.upward
        bounds[:, upward] = windows.sums[:, upward]
        bounds *= (np.sqrt(effective) / windows.records)[:, None].astype(np.float32)
        bounds *= ratios.widths
        found = []
        for group, part in ratios.parts.items():
            prior = ratios.priors[group]
            best = strongest(
                windows.sums[:, part],
                bounds[:, part],
                windows.records,
                effective,
                ratios.streams.psi[part],
                ratios.tolerance,
                ratios.ignore_below,
                LOWEST - prior,
            )
            if best is not None:
                found.append(self._of_stream(windows, group, part.start, prior, best))
        return found

    def _of_stream(
        self, windows: _Windows, group: Group, start: int, prior: float, best: Strongest
    ) -> Evidence:
        streams, place = self.ratios.streams, start + best.stream
        return Evidence(
            value=best.log_factor + prior,
            group=group,
            kind=streams.kinds[place],
            feature=int(streams.feature[place]),
            column=int(streams.column[place]),
            effect=best.mean,
            **_window(windows, best.window),
        )

    def _dense(self, windows: _Windows) -> Evidence:
        ratios = self.ratios
        if Group.DENSE not in ratios.priors:
            return Evidence()
        mean = windows.whitened / windows.records[:, None]
        squared = np.einsum("wd,wd->w", mean, mean)
        effective = ratios.inflation.effective(
            windows.blocks, windows.records, ratios.records, dense=True
        )
        factors = ratios.dense.log_factors(squared, effective) + ratios.priors[Group.DENSE]
        noise = ratios.dense.dimensions / np.maximum(effective, 1e-9)
        effect = np.sqrt(np.maximum(squared - noise, 0.0))
        factors = np.where(effect >= ratios.ignore_below, factors, -np.inf)
        place = int(factors.argmax())
        if factors[place] <= LOWEST:
            return Evidence()
        return Evidence(
            value=float(factors[place]),
            group=Group.DENSE,
            kind=Kind.MANY,
            effect=float(effect[place]),
            **_window(windows, place),
        )

    def _rare(self, windows: _Windows) -> Evidence:
        ratios, rare = self.ratios, self.ratios.rare
        if Group.RARE not in ratios.priors:
            return Evidence()
        prior = ratios.priors[Group.RARE]
        tempering = ratios.inflation.at(windows.blocks)
        worth = rare.worth_a_look(windows.rare, windows.records, tempering * (LOWEST - prior))
        window, place = np.nonzero(worth)
        if not len(window):
            return Evidence()
        found, records = windows.rare[window, place], windows.records[window]
        factors = rare.log_factors(place, found, records) / tempering[window] + prior
        effects = rare.effects(place, found, records)
        factors = np.where(effects >= ratios.ignore_below, factors, -np.inf)
        best = int(factors.argmax())
        if factors[best] <= LOWEST:
            return Evidence()
        return Evidence(
            value=float(factors[best]),
            group=Group.RARE,
            kind=rare.kinds[place[best]],
            feature=int(rare.row[place[best]]),
            column=int(rare.column[place[best]]),
            effect=float(effects[best]),
            **_window(windows, int(window[best])),
        )

    def _with_psi(self, found: Evidence, buckets: Sequence[Observed]) -> Evidence:
        reference = self.ratios.reference
        if not 0 <= found.feature < len(reference):
            return found
        counts = sum(
            bucket.counts[found.feature].astype(np.int64)
            for bucket in buckets
            if bucket.first >= found.first
        )
        before, after = Counts(reference[found.feature][None]), Counts(np.asarray(counts)[None])
        psi = PSI()
        excess = psi(before, after) - psi.noise(before, after)
        return replace(found, psi=float(excess[0]))


def _suffixes(buckets: Sequence[Observed], rows: Sequence[_Row]) -> _Windows:
    records = np.cumsum([float(bucket.records) for bucket in buckets])
    sums = np.empty((len(rows), len(rows[0].sums)), dtype=np.float32)
    sums[0] = rows[0].sums
    for place in range(1, len(rows)):
        np.add(sums[place - 1], rows[place].sums, out=sums[place])
    some = records > 0
    return _Windows(
        first=np.array([bucket.first for bucket in buckets])[some],
        last=buckets[0].last,
        records=records[some],
        sums=sums[some] if not some.all() else sums,
        whitened=np.cumsum([row.whitened for row in rows], axis=0)[some],
        rare=np.cumsum([row.rare for row in rows], axis=0)[some],
    )


def _window(windows: _Windows, place: int) -> dict[str, int]:
    return {
        "first": int(windows.first[place]),
        "last": windows.last,
        "records": int(windows.records[place]),
    }
