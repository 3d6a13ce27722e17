"""Summaries of performance as a few stacked arrays, for files."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.performance.error_stream import Errors
from detectors.performance.moments import Moments
from detectors.performance.scores import ScoreSums
from detectors.performance.summary import Performance
from detectors.performance.tally import Tally
from monitor.state.stack import Arrays, narrowed, stack_samples, unstack_samples, widened

_SCORES = tuple(field.name for field in fields(ScoreSums))


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
    return packed | stack_samples([each.errors.sample for each in wide])


def unstack_performances(arrays: Mapping[str, NDArray[Any]]) -> list[Performance]:
    """Return the summaries that ``stack_performances`` made the arrays from."""
    samples = unstack_samples(arrays)
    wide = {name: widened(each) for name, each in arrays.items()}
    return [
        Performance(
            predictions=int(wide["predictions"][at]),
            said=wide["said"][at],
            tally=_tally(wide, at),
            errors=Errors(wide["errors"][at], sample),
            labelled=wide["labelled"][at],
            labels=wide["labels"][at],
        )
        for at, sample in enumerate(samples)
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
