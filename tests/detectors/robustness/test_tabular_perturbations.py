"""What holds for every perturbation of tables."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.robustness.perturbations import PERTURBATIONS
from detectors.robustness.perturbations.perturbation import PerturbationError
from tests.detectors.robustness.tabular import SPACE, applied, mixed, same, samples

PLAUSIBLE = (
    "gaussian_noise",
    "uniform_noise",
    "laplace_noise",
    "scaling",
    "offset",
    "quantisation",
    "clipping",
    "category_swap",
    "rare_category",
)
# The severity at which a perturbation changes nothing.
NOTHING = {
    "gaussian_noise": 0.0,
    "uniform_noise": 0.0,
    "laplace_noise": 0.0,
    "outliers": 0.0,
    "scaling": 1.0,
    "offset": 0.0,
    "clipping": 0.0,
    "unit_error": 1.0,
    "sensor_stuck": 1.0,
    "sensor_dropout": 0.0,
    "sensor_spike": 0.0,
    "sensor_drift": 0.0,
    "sensor_lag": 0.0,
    "sensor_saturation": 1.0,
    "missing_at_random": 0.0,
    "missing_not_at_random": 0.0,
    "unseen_category": 0.0,
    "wrong_type": 0.0,
    "whitespace_and_case": 0.0,
    "truncated_text": 1.0,
    "category_swap": 0.0,
    "rare_category": 0.0,
    "segment_reweighting": 1.0,
    "label_shift": 1.0,
}
OTHERS = (
    "covariate_shift",
    "quantisation",
    "fahrenheit",
    "sign_flip",
    "swapped_columns",
    "missing_one",
)
TABULAR = (*NOTHING, *OTHERS)
REFERENCE_RANGE = ("clipping", "sensor_saturation")

seeds = st.integers(0, 2**32 - 1)
positions = st.integers(0, 4)


def severity_of(name: str, position: int) -> float:
    severities = PERTURBATIONS[name].severities
    return severities[position % len(severities)]


@pytest.mark.parametrize("name", TABULAR)
@settings(max_examples=12)
@given(sample=samples(least=60), seed=seeds, position=positions)
def test_a_perturbation_is_reproducible_keeps_its_parents_and_knows_their_places(
    name, sample, seed, position
):
    severity = severity_of(name, position)
    before = {key: column.copy() for key, column in sample.table.columns.items()}
    first = applied(PERTURBATIONS[name](), sample, SPACE, severity, seed)
    second = applied(PERTURBATIONS[name](), sample, SPACE, severity, seed)
    assert [each.name for each in first] == [each.name for each in second]
    assert len({each.name for each in first}) == len(first)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.places, other.places)
        assert len(one.table) == len(one.places)
        assert list(one.table.columns) == list(sample.table.columns)
        for key, column in one.table.columns.items():
            assert same(column, other.table.columns[key]).all()
    for key, column in sample.table.columns.items():
        assert same(column, before[key]).all()


@pytest.mark.parametrize("name", TABULAR)
@settings(max_examples=12)
@given(sample=samples(least=60), seed=seeds, position=positions)
def test_an_immutable_feature_that_nobody_names_is_never_touched(name, sample, seed, position):
    for each in applied(PERTURBATIONS[name](), sample, SPACE, severity_of(name, position), seed):
        for key in ("age", "sex"):
            parents = sample.table.columns[key][each.places]
            assert same(each.table.columns[key], parents).all()


@pytest.mark.parametrize("name", PLAUSIBLE)
@settings(max_examples=25)
@given(sample=samples(), seed=seeds, position=positions)
def test_a_plausible_change_keeps_ranges_integers_groups_and_missing_values(
    name, sample, seed, position
):
    for each in applied(PERTURBATIONS[name](), sample, SPACE, severity_of(name, position), seed):
        columns = each.table.columns
        for feature in (SPACE["amount"], SPACE["count"], SPACE["vector"]):
            values, old = columns[feature.name], sample.table.columns[feature.name]
            np.testing.assert_array_equal(np.isnan(values), np.isnan(old))
            known = values[~np.isnan(values)]
            assert ((feature.low <= known) & (known <= feature.high)).all()
            assert not feature.integer or (known == np.round(known)).all()
        hot = np.column_stack([columns[key] for key in "abc"])
        assert (np.sort(hot, axis=1) == [0, 0, 1]).all()
        assert set(columns["colour"].tolist()) <= {*SPACE["colour"].levels, None}


@pytest.mark.parametrize("name", sorted(NOTHING))
@settings(max_examples=12)
@given(seed=seeds)
def test_the_severity_of_nothing_changes_nothing(name, seed):
    sample = mixed(50, seed)
    if name in REFERENCE_RANGE:
        inside = {"amount": np.linspace(-20, 120, 50), "count": np.arange(50) % 19 + 1.0}
        sample = type(sample)(sample.ids, sample.table.changed(inside))
    for each in applied(PERTURBATIONS[name](), sample, SPACE, NOTHING[name], seed):
        np.testing.assert_array_equal(each.places, np.arange(len(sample)))
        for key, column in each.table.columns.items():
            assert same(column, sample.table.columns[key]).all(), key


@pytest.mark.parametrize(
    "name",
    [
        "outliers",
        "sensor_dropout",
        "sensor_spike",
        "missing_at_random",
        "missing_not_at_random",
        "unseen_category",
        "whitespace_and_case",
        "category_swap",
        "rare_category",
    ],
)
@settings(max_examples=12)
@given(seed=seeds)
def test_what_a_small_share_changes_a_larger_one_changes_in_the_same_way(name, seed):
    sample = mixed(200, seed)
    (small,) = applied(PERTURBATIONS[name](), sample, SPACE, 0.05, seed)
    (large,) = applied(PERTURBATIONS[name](), sample, SPACE, 0.4, seed)
    for key, column in small.table.columns.items():
        moved = ~same(column, sample.table.columns[key])
        assert same(column[moved], large.table.columns[key][moved]).all()


@pytest.mark.parametrize("name", TABULAR)
def test_five_severities_or_one_and_its_own_unit(name):
    kind = PERTURBATIONS[name]
    assert kind.name == name
    assert (len(kind.severities), kind.unit != "") in {(5, True), (1, False)}


@pytest.mark.parametrize("name", TABULAR)
@pytest.mark.parametrize("severity", [-np.inf, np.nan])
def test_a_severity_without_sense_is_refused(name, severity):
    with pytest.raises(ValueError, match="severity"):
        applied(PERTURBATIONS[name](), mixed(60, 0), SPACE, severity)


@pytest.mark.parametrize(
    "name", [each for each in TABULAR if "features" in PERTURBATIONS[each].__dataclass_fields__]
)
def test_a_feature_that_does_not_exist_is_named_with_those_that_do(name):
    kind = PERTURBATIONS[name]
    with pytest.raises(PerturbationError, match="'amuont' is no feature; one of amount, count"):
        applied(kind(features=("amuont",)), mixed(60, 0), SPACE, kind.severities[0])


@pytest.mark.parametrize("name", ["gaussian_noise", "scaling", "rare_category"])
def test_a_plausible_change_of_an_immutable_feature_is_refused(name):
    kind = PERTURBATIONS[name]
    key = "sex" if name == "rare_category" else "age"
    with pytest.raises(PerturbationError, match=f"'{key}' is immutable"):
        applied(kind(features=(key,)), mixed(60, 0), SPACE, kind.severities[0])


def test_a_fault_may_hit_an_immutable_feature_that_is_named():
    (variant,) = applied(PERTURBATIONS["missing_one"](features=("age",)), mixed(9, 0), SPACE, 1.0)
    assert np.isnan(variant.table.columns["age"]).all()
