import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.testing import assert_allclose
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from detectors.robustness.corruption_error import (
    corruption_error,
    mean_corruption_error,
    relative_corruption_error,
)
from detectors.robustness.perturbations import PERTURBATIONS
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table

BASE = np.array([[0.2, 0.4, 0.6, 0.8, 1.0], [0.1, 0.1, 0.2, 0.3, 0.3]])
ERRORS = np.array([[0.1, 0.2, 0.3, 0.4, 0.5], [0.2, 0.2, 0.4, 0.3, 0.4]])
shares = arrays.arrays(float, (3, 5), elements=st.floats(0.01, 1))


@given(shares)
def test_a_model_is_as_wrong_as_itself(errors):
    assert_allclose(corruption_error(errors, errors), 1)
    assert mean_corruption_error(errors, errors) == pytest.approx(1)


def test_errors_are_set_against_the_base_over_all_severities():
    # 1.5 of 3.0, and 1.5 of 1.0.
    assert_allclose(corruption_error(ERRORS, BASE), [0.5, 1.5])
    assert mean_corruption_error(ERRORS, BASE) == pytest.approx(1.0)


def test_relative_errors_count_what_corruption_adds():
    # (1.5 - 5 * 0.1) of (3.0 - 5 * 0.1), and (1.5 - 0.5) of (1.0 - 0.5).
    assert_allclose(relative_corruption_error(ERRORS, BASE, 0.1, 0.1), [0.4, 2.0])


def test_where_the_base_is_never_wrong_nothing_can_be_told():
    base = np.array([[0.0] * 5, [0.1] * 5])
    assert np.isnan(corruption_error(ERRORS, base)).tolist() == [True, False]
    assert np.isnan(mean_corruption_error(ERRORS, base))
    assert np.isnan(relative_corruption_error(ERRORS, base, 0.1, 0.1)).all()


def test_errors_of_other_corruptions_are_refused():
    with pytest.raises(ValueError, match=r"shape \(2, 5\) and the base \(1, 5\)"):
        corruption_error(ERRORS, BASE[:1])


def test_a_model_that_learned_from_corrupted_digits_errs_less_than_one_that_did_not():
    images, labels = load_digits(return_X_y=True)
    families = ("gaussian_noise", "impulse_noise", "contrast", "brightness")
    learning = [images[:400], *(corrupted(family, images[:400], 3, 1) for family in families)]
    base = SVC(gamma=0.001).fit(images[:400], labels[:400])
    model = SVC(gamma=0.001).fit(np.vstack(learning), np.tile(labels[:400], 5))
    truth = labels[-300:]

    def errors(classifier):
        return np.array(
            [
                [
                    np.mean(classifier.predict(corrupted(family, images[-300:], level, 2)) != truth)
                    for level in (1, 2, 3, 4, 5)
                ]
                for family in families
            ]
        )

    assert (corruption_error(errors(model), errors(base)) < 1).all()
    assert mean_corruption_error(errors(model), errors(base)) < 0.7


def corrupted(family, images, severity, seed):
    """Images of 8 x 8 digits with values up to 16, corrupted."""
    digit = Feature("digit", Values.EMBEDDING, low=0, high=16, size=64, shape=(8, 8))
    ids = np.array([str(place) for place in range(len(images))], dtype=object)
    (found,) = PERTURBATIONS[f"image_{family}"]()(
        Sample(ids, Table({"digit": images})),
        Space((digit,)),
        severity,
        np.random.default_rng(seed),
    )
    return found.table.columns["digit"]
