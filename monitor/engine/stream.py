"""One stream: its windows, its detectors and what they say after each closed block."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from detectors.adwin import ScoreAdwin
from detectors.counts import BoolArray, FloatArray
from detectors.profile import Profile
from detectors.rates import rates
from detectors.statistics import measure
from detectors.summary import Summary
from detectors.windows import Windows
from detectors.words import change_in_words
from monitor.config.grid import Grid
from monitor.view import AdwinView, Drifted, StreamView, WindowView

NOISE_MULTIPLE = 3.0
"""A statistic below this many times its drift-free value names no feature as drifted."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What every stream of a model has in common.

    thresholds: by statistic.
    """

    model: str
    profile: Profile
    grid: Grid
    thresholds: dict[str, float]

    @property
    def longest(self) -> int:
        """Blocks that are held."""
        return max(1, self.grid.longest // self.grid.block)


@dataclass(slots=True)
class Stream:
    """The state of one (model, version, segment) and its newest view.

    reference: the summary that its windows are compared with. records and late count every
    record of the closed blocks; blocks counts those by why they were closed.
    """

    settings: StreamSettings
    version: str
    segment: str
    reference: Summary
    windows: Windows
    adwin: ScoreAdwin = field(default_factory=ScoreAdwin)
    records: int = 0
    late: int = 0
    blocks: Counter[str] = field(default_factory=Counter)

    def step(self, block: int, summary: Summary, reason: str) -> None:
        """Take the summary of the stream's next closed block."""
        self.windows = self.windows.push(block, summary)
        self.adwin.feed(summary.sample.scores_in_order())
        self.records += summary.records
        self.late += summary.late
        self.blocks[reason] += 1

    @property
    def newest_block(self) -> int:
        """The newest block that held a record of this stream."""
        return self.windows.buckets[0].last

    def view(self) -> StreamView:
        """Compare the exported windows with the reference, and tell the result."""
        profile = self.settings.profile
        block = self.windows.buckets[0].summary
        held = [(name, *self._suffix(length)) for name, length in self.settings.grid.windows]
        windows = tuple(self._compare(*window) for window in held)
        shares = rates(block, profile)
        return StreamView(
            model=self.settings.model,
            version=self.version,
            segment=self.segment,
            entries=(*profile.features, *profile.embeddings, ""),
            records=self.records,
            late=self.late,
            blocks=dict(self.blocks),
            last_block_end_ms=self._start_ms(self.newest_block + 1),
            windows=windows,
            missing=shares.missing,
            invalid=shares.invalid,
            unseen=shares.unseen,
            out_of_range=shares.out_of_range,
            adwin=AdwinView(self.adwin.mean, self.adwin.width, self.adwin.detections),
            drifted=self._drifted(windows, [summary for _, _, summary in held]),
        )

    def _suffix(self, length: int) -> tuple[int, Summary]:
        suffix = self.windows.suffix(length)
        assert suffix is not None, "a stream is viewed only after its first block"
        return suffix

    def _compare(self, name: str, first: int, summary: Summary) -> WindowView:
        measures = measure(self.reference, summary, self.settings.profile)
        return WindowView(
            name=name,
            from_ms=self._start_ms(first),
            to_ms=self._start_ms(self.newest_block + 1),
            records=summary.records,
            values=measures.values,
            noise=measures.noise,
        )

    def _start_ms(self, block: int) -> int | None:
        """Return when a block begins; None where blocks are of rows."""
        grid = self.settings.grid
        return None if grid.by_rows else block * grid.block

    def _drifted(
        self, windows: Sequence[WindowView], summaries: Sequence[Summary]
    ) -> tuple[Drifted, ...]:
        """Name each drifted feature once, at the window and statistic that show it best."""
        best: dict[int, tuple[float, int, str]] = {}
        features = len(self.settings.profile.features)
        for place, window in enumerate(windows):
            for statistic, threshold in self.settings.thresholds.items():
                value, noise = window.values[statistic], window.noise[statistic]
                for row in np.flatnonzero(over(value, noise, threshold)[:features]).tolist():
                    strength = float(abs(value[row]) / threshold)
                    if strength > best.get(row, (0.0,))[0]:
                        best[row] = (strength, place, statistic)
        return tuple(
            self._describe(windows[place], summaries[place], statistic, row)
            for row, (_, place, statistic) in sorted(best.items(), key=lambda each: -each[1][0])
        )

    def _describe(self, window: WindowView, summary: Summary, statistic: str, row: int) -> Drifted:
        return Drifted(
            feature=self.settings.profile.features[row],
            window=window.name,
            statistic=statistic,
            value=float(window.values[statistic][row]),
            noise=float(window.noise[statistic][row]),
            words=change_in_words(self.settings.profile, self.reference, summary, row),
        )


def over(value: FloatArray, noise: FloatArray, threshold: float) -> BoolArray:
    """Tell which values are over their threshold and well over their drift-free noise.

    Signed statistics count by their size; nan is over nothing.
    """
    size = np.abs(value)
    result: BoolArray = (size > threshold) & (size > NOISE_MULTIPLE * noise)
    return result
