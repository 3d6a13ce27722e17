"""Odd days: a weekday that is like a weekend is a holiday and no drift, for a day."""

from dataclasses import replace

import numpy as np

from detectors.evidence.ratios import Ratios
from detectors.evidence.season import WEEKEND
from detectors.evidence.streams import Kind
from detectors.evidence.sums import WindowSums

WORTH = 2.0
"""Nats that an odd day has to explain before it is taken off."""


def without_odd_days(ratios: Ratios, windows: WindowSums) -> WindowSums:
    """Return the windows with at most a day of theirs taken as of the other kind of day.

    As many records of a weekday are taken to be like a weekend's, or the other way about, as
    explain the window's location scores best, by least squares where these are whitened. What
    does not lie between the two kinds of day stays, and so does what lasts longer than a day.
    """
    step = ratios.season.coefficients[:, WEEKEND]
    if not (step.any() and ratios.dense):
        return windows
    parts = [dense.whitening @ step[dense.streams] for dense in ratios.dense]
    of_location = [dense.kind == Kind.LOCATION for dense in ratios.dense]
    along = np.concatenate([part * is_it for part, is_it in zip(parts, of_location, strict=True)])
    products, length = windows.whitened @ along, max(float(along @ along), 1e-12)
    day = windows.records * np.minimum(1.0, ratios.season.day_blocks / windows.blocks)
    lowest = -np.minimum(windows.weekend, day)
    highest = np.minimum(windows.records - windows.weekend, day)
    odd = np.clip(products / length, lowest, highest)
    explained = odd * (2 * products - odd * length) / (2 * windows.records)
    worth = np.flatnonzero(explained > WORTH)
    if not len(worth):
        return windows
    scaled, whitened = windows.scaled.copy(), windows.whitened.copy()
    scaled[worth] -= np.outer(odd[worth], step * ratios.scales).astype(np.float32)
    whitened[worth] -= np.outer(odd[worth], np.concatenate(parts))
    return replace(windows, scaled=scaled, whitened=whitened)
