"""Puts changed texts in the place of a sample's own."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from detectors.robustness.perturbations.perturbation import PerturbationError, Variant
from detectors.robustness.perturbations.selection import features_to_change
from detectors.robustness.space import Space, Values
from detectors.robustness.table import Column, Sample

Rewrite = Callable[[list[str]], list[str]]
"""Takes the texts of one feature and returns them changed, as many."""


def rewritten(
    sample: Sample, space: Space, features: Sequence[str], rewrite: Rewrite, name: str = ""
) -> Variant:
    """Return the sample with the texts of some features rewritten, all others as they are.

    features: names, all mutable text features where there is none. Values that are no texts stay.
    Raises PerturbationError where there is no such feature, one may not change, or none has a text.
    """
    columns: dict[str, Column] = {}
    for each in features_to_change(space, features, Values.TEXT):
        column = sample.table.columns[each.name].copy()
        places = [place for place, value in enumerate(column) if isinstance(value, str)]
        if places:
            column[places] = rewrite([column[place] for place in places])
            columns[each.name] = column
    if not columns:
        raise PerturbationError("no record of the sample has a text; give it records with texts")
    return Variant(name, sample.table.changed(columns), np.arange(len(sample)))


def each_rewritten(
    sample: Sample, space: Space, features: Sequence[str], ways: Mapping[str, Callable[[str], str]]
) -> Sequence[Variant]:
    """Return a variant for each way to rewrite a text, by the variant's name."""
    variants = []
    for name, way in ways.items():

        def rewrite(texts: list[str], way: Callable[[str], str] = way) -> list[str]:
            return list(map(way, texts))

        variants.append(rewritten(sample, space, features, rewrite, name))
    return variants
