"""Outcomes, sameness and margins of answers."""

import numpy as np
import pytest

from detectors.robustness.answers import Answers, Task

BINARY = Task(("0", "1"), threshold=0.3)
COLOURS = Task(("red", "green", "blue"))


def test_the_threshold_decides_between_two_classes():
    chances = np.array([[0.75, 0.25], [0.7, 0.3], [np.nan, np.nan]])
    assert BINARY.outcome(chances) == pytest.approx([0, 1, np.nan], nan_ok=True)


def test_a_margin_is_negative_exactly_where_the_answer_is_another():
    rng = np.random.default_rng(1)
    chances = rng.dirichlet(np.ones(3), 500)
    answers = Answers(COLOURS.outcome(chances), chances)
    expected = rng.integers(0, 3, 500).astype(float)
    assert ((COLOURS.margin(answers, expected) < 0) == (answers.outcome != expected)).all()
    two = np.column_stack([1 - chances[:, 0], chances[:, 0]])
    told = Answers(BINARY.outcome(two), two)
    other = rng.integers(0, 2, 500).astype(float)
    assert ((BINARY.margin(told, other) < 0) == (told.outcome != other)).all()


def test_numbers_are_the_same_within_the_tolerance():
    task = Task(tolerance=0.5)
    first, second = np.array([1.0, 1.0, np.nan]), np.array([1.5, 1.6, 1.0])
    assert task.same(first, second).tolist() == [True, False, False]
    margin = task.margin(Answers(first, np.zeros((3, 0))), second)
    assert margin == pytest.approx([0.0, -0.1, np.nan], nan_ok=True)


def test_a_margin_is_unknown_without_probabilities():
    answers = Answers(np.array([0.0]), np.zeros((1, 0)))
    assert np.isnan(COLOURS.margin(answers, np.array([0.0]))).all()
