"""A sample and what the model answers for it unchanged: what all trials begin from."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.answers import Answers, Task
from detectors.robustness.measured import Share
from detectors.robustness.space import Space
from detectors.robustness.table import Sample, Table
from monitor.config.retests import Data
from monitor.retest.model import LiveModel


@dataclass(frozen=True, slots=True)
class Prepared:
    """Records with the model's answers.

    answers: for the records unchanged. control: the share of records that were answered
    otherwise when they were sent once more.
    """

    data: Data
    sample: Sample
    space: Space
    task: Task
    answers: Answers
    control: Share

    @property
    def labels(self) -> FloatArray:
        """The labels, nan where there are none; (n,)."""
        if self.sample.labels is None:
            return np.full(len(self.sample), np.nan)
        return self.sample.labels

    @property
    def right(self) -> BoolArray:
        """Which records have a label and are answered by it; (n,)."""
        return self.task.same(self.answers.outcome, self.labels)

    def take(self, places: IntArray) -> "Prepared":
        """Return the same of some records."""
        sample, answers = self.sample.take(places), self.answers.take(places)
        return Prepared(self.data, sample, self.space, self.task, answers, self.control)


def beside(prepared: Prepared, others: Sample, model: LiveModel) -> Prepared:
    """Return the same with records without labels behind it, which the model is asked about."""
    table = model.cast(others.table)
    answers = model.predict(table)
    sample = prepared.sample
    return Prepared(
        prepared.data,
        Sample(
            ids=np.concatenate([sample.ids, others.ids]),
            table=Table.joined([sample.table, table]),
            labels=np.concatenate([prepared.labels, np.full(len(others), np.nan)]),
        ),
        prepared.space,
        prepared.task,
        Answers(
            np.concatenate([prepared.answers.outcome, answers.outcome]),
            np.concatenate([prepared.answers.chances, answers.chances]),
        ),
        prepared.control,
    )


def prepare(data: Data, sample: Sample, space: Space, task: Task, model: LiveModel) -> Prepared:
    """Ask the model about a sample twice, and return it as it arrived.

    The sample is cast to the types of the wire first, so that what is perturbed later is what
    the model saw.
    """
    sample = Sample(sample.ids, model.cast(sample.table), sample.labels, sample.segments)
    first = model.predict(sample.table)
    second = model.predict(sample.table)
    unknown = first.failed | second.failed
    control = Share.of(~task.same(first.outcome, second.outcome), unknown)
    return Prepared(data, sample, space, task, first, control)
