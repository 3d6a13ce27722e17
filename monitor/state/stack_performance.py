"""Summaries of performance as a few stacked arrays, for files."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.performance.error_stream import Errors
from detectors.performance.moments import Moments
from detectors.performance.origins import NO_ORIGINS, Origins
from detectors.performance.scores import ScoreSums
from detectors.performance.summary import Performance
from detectors.performance.tally import Tally
from monitor.state.stack import (
    Arrays,
    narrowed,
    stack_places,
    stack_samples,
    unstack_places,
    unstack_samples,
    widened,
)

_SCORES = tuple(field.name for field in fields(ScoreSums))
_ORIGINS = "origin_blocks"


def stack_performances(performances: Sequence[Performance]) -> Arrays:
    """Return one or more summaries of one yardstick as arrays with a leading axis for them."""
    wide = [each.wide for each in performances]
    tallies = [each.tally for each in wide]
    arrays: Arrays = {
        "predictions": np.array([each.predictions for each in wide]),
        "records": np.array([each.records for each in tallies]),
        "unusable": np.array([each.unusable for each in tallies]),
        "right": np.array([each.right for each in tallies]),
        "confusion": np.stack([each.confusion for each in tallies]),
        "errors": np.stack([each.errors.counts for each in wide]),
        "said": np.stack([each.said for each in wide]),
        "labelled": np.stack([each.labelled for each in wide]),
        "labels": np.stack([each.labels for each in wide]),
    }
    scores = [each.scores for each in tallies if each.scores is not None]
    if scores:
        for name in _SCORES:
            arrays[f"scores_{name}"] = np.stack([getattr(each, name) for each in scores])
    moments = [each.moments for each in tallies if each.moments is not None]
    if moments:
        arrays["moments_sums"] = np.stack([each.sums for each in moments])
        arrays["moments_clipped"] = np.array([each.clipped for each in moments])
    packed = {name: narrowed(each) for name, each in arrays.items()}
    packed |= _stack_origins([each.origins for each in wide])
    return packed | stack_samples([each.errors.sample for each in wide])


def unstack_performances(arrays: Mapping[str, NDArray[Any]]) -> list[Performance]:
    """Return the summaries that ``stack_performances`` made the arrays from."""
    samples = unstack_samples(arrays)
    origins = _unstack_origins(arrays, len(samples))
    wide = {name: widened(each) for name, each in arrays.items()}
    return [
        Performance(
            predictions=int(wide["predictions"][at]),
            said=wide["said"][at],
            tally=_tally(wide, at),
            errors=Errors(wide["errors"][at], sample),
            labelled=wide["labelled"][at],
            labels=wide["labels"][at],
            origins=origins[at],
        )
        for at, sample in enumerate(samples)
    ]


def _stack_origins(origins: Sequence[Origins]) -> Arrays:
    """Return where predictions lie; nothing where there are none, as in any earlier snapshot."""
    if all(each == NO_ORIGINS for each in origins):
        return {}
    blocks = np.array([[each.first, each.last] for each in origins], dtype=np.int64)
    return {_ORIGINS: blocks} | stack_places([each.places for each in origins])


def _unstack_origins(arrays: Mapping[str, NDArray[Any]], count: int) -> list[Origins]:
    if _ORIGINS not in arrays:
        return [NO_ORIGINS] * count
    return [
        Origins(first, last, places)
        for (first, last), places in zip(
            arrays[_ORIGINS].tolist(), unstack_places(arrays), strict=True
        )
    ]


def _tally(wide: Mapping[str, NDArray[Any]], at: int) -> Tally:
    scores = moments = None
    if "scores_bins" in wide:
        scores = ScoreSums(**{name: wide[f"scores_{name}"][at] for name in _SCORES})
    if "moments_sums" in wide:
        moments = Moments(wide["moments_sums"][at], int(wide["moments_clipped"][at]))
    return Tally(
        records=int(wide["records"][at]),
        unusable=int(wide["unusable"][at]),
        confusion=wide["confusion"][at],
        right=int(wide["right"][at]),
        scores=scores,
        moments=moments,
    )
