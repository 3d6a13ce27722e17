"""Labels teach a reference the model's performance, however files hold and cut the rows."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.estimation.calibration import Calibration as Binary
from detectors.estimation.class_cbpe import ClassCalibration
from detectors.estimation.loss_model import LossModel
from detectors.performance.error_stream import Errors
from detectors.performance.known_parts import performance_parts
from detectors.performance.measures import measure
from detectors.performance.tally import Tally
from detectors.prediction_kind import PredictionKind
from monitor.reference.build import build_reference
from monitor.reference.data_files import open_tables
from monitor.reference.file import reference_digest, write_reference
from monitor.reference.labelled import Labelled, pairs_of
from monitor.reference.rows import Reader
from monitor.schema import REST, Kind, Prediction
from tests.detectors.performance.joined import bits, joined
from tests.monitor.reference.data import (
    a_schema,
    build_from,
    write_csv,
    write_jsonl,
    write_parquet,
)
from tests.monitor.reference.labelled_data import CLASSES, labelled_table, labels_of, schema_of

KINDS = list(PredictionKind)


def built(kind, paths, positive=None, segment="country", **options):
    schema, labels = schema_of(kind, segment), labels_of(kind, positive)
    return build_reference(schema, paths, labels=labels, segment_most=1, **options)


def all_pairs(kind, known, path):
    """The labelled rows of a file with no segments, as joined pairs."""
    reader = Reader.of(schema_of(kind, None), open_tables([path])[0]).labelled(labels_of(kind))
    found = []
    for read in reader.read(10_000):
        rows = Labelled.of(reader.schema, read.rows)
        levels = CLASSES
        found.append(
            pairs_of(kind, known.task.classes, levels, rows.predicted, rows.actual, rows.confidence)
        )
    return joined(*found)


@pytest.mark.parametrize("kind", KINDS)
@given(cuts=st.lists(st.integers(0, 400), max_size=3))
@settings(max_examples=5, deadline=None)
def test_the_tally_of_a_reference_is_that_of_all_rows_for_any_cutting(tmp_path_factory, kind, cuts):
    folder = tmp_path_factory.mktemp("cut")
    table = labelled_table(kind, 400)
    ends = [0, *sorted(cuts), 400]
    paths = [
        write_parquet(folder / f"{place}.parquet", table.slice(start, end - start))
        for place, (start, end) in enumerate(pairwise(ends))
        if end > start
    ]
    whole = write_parquet(folder / "whole.parquet", table)
    known = built(kind, paths).performance
    pairs = all_pairs(kind, known, whole)
    assert len(pairs) == 400 - table["y"].null_count
    assert bits(known.tallies[""]) == bits(Tally.of(known.task, pairs))
    assert_array_equal(known.errors[""], Errors.of(known.task, pairs).counts)


@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_of_a_reference_add_up_to_all_rows(tmp_path, kind):
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 900))
    known = built(kind, [path]).performance
    assert list(known.tallies) == ["", *built(kind, [path]).segments, REST]
    whole, *parts = known.tallies.values()
    assert bits(sum(parts[1:], start=parts[0])) == bits(whole)
    whole, *parts = known.errors.values()
    assert_array_equal(sum(parts), whole)
    assert len(known.by_label) == (len(known.task.classes) or 4)
    by_feature = known.by_label.sum(axis=(0, 2))
    assert_array_equal(by_feature, [whole[:1].sum()] * len(by_feature))


@pytest.mark.parametrize("kind", KINDS)
def test_csv_json_lines_and_parquet_with_equal_rows_give_equal_digests(tmp_path, kind):
    table = labelled_table(kind, 600)
    as_text = table
    if kind is PredictionKind.PROBABILITIES:
        texts = pa.array([json.dumps(each) for each in table["score"].to_pylist()])
        as_text = table.set_column(table.column_names.index("score"), "score", texts)
    paths = [
        write_parquet(tmp_path / "a.parquet", table),
        write_csv(tmp_path / "a.csv", as_text),
        write_jsonl(tmp_path / "a.jsonl", table),
    ]
    assert len({built(kind, [path]).digest for path in paths}) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_labelled_reference_is_read_back_as_it_was_built(tmp_path, kind):
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 900))
    reference = built(kind, [path])
    found = write_reference(tmp_path / "a.ref", reference)
    assert found.digest == reference.digest
    (meta, arrays), (same, again) = map(
        performance_parts, (reference.performance, found.performance)
    )
    assert meta == {**same, "label_edges": tuple(same["label_edges"])}
    assert all(np.array_equal(arrays[name], again[name]) for name in arrays)


@pytest.mark.parametrize(
    ("kind", "learned"),
    [
        (PredictionKind.PROBABILITY, Binary),
        (PredictionKind.PROBABILITIES, ClassCalibration),
        (PredictionKind.CLASS, LossModel),
        (PredictionKind.REGRESSION, LossModel),
    ],
)
def test_each_kind_learns_to_estimate_in_its_own_way(tmp_path, kind, learned):
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 6_000))
    known = built(kind, [path]).performance
    assert isinstance(known.estimation, learned)
    assert known.no_estimate == ""


def test_without_a_column_of_labels_a_reference_is_what_it_was(tmp_path):
    kind = PredictionKind.PROBABILITY
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 500).drop_columns("y"))
    plain = build_reference(schema_of(kind), [path], segment_most=1)
    reference = built(kind, [path])
    assert reference.performance is None
    assert reference.digest == plain.digest
    assert reference.notes[-1] == "no column y: performance is not compared and not estimated"
    assert write_reference(tmp_path / "plain.ref", reference).performance is None


def test_labels_change_nothing_else_in_a_reference(tmp_path):
    kind = PredictionKind.PROBABILITY
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 500))
    plain = build_reference(schema_of(kind), [path], segment_most=1)
    reference = built(kind, [path])
    assert reference.digest != plain.digest
    assert reference_digest(replace(reference, performance=None)) == plain.digest


def test_rows_without_a_label_are_counted_in_a_note(tmp_path):
    kind = PredictionKind.PROBABILITY
    labelled, bare = labelled_table(kind, 300), labelled_table(kind, 200).drop_columns("y")
    paths = [
        write_parquet(tmp_path / "a.parquet", labelled),
        write_parquet(tmp_path / "b.parquet", bare),
    ]
    reference = built(kind, paths)
    left = labelled["y"].null_count + 200
    assert any(
        each.startswith(f"rows without a usable label: {left}; ") for each in reference.notes
    )
    assert reference.performance.tallies[""].records == 500 - left


def test_rows_that_all_lack_labels_teach_nothing(tmp_path):
    kind = PredictionKind.REGRESSION
    table = labelled_table(kind, 100)
    table = table.set_column(4, "y", pa.nulls(100, pa.float64()))
    reference = built(kind, [write_parquet(tmp_path / "a.parquet", table)])
    assert reference.performance is None
    assert "no row has a usable label" in reference.notes[-1]


def test_predictions_that_are_no_probability_are_left_out(tmp_path):
    schema = a_schema(Prediction(("score",), PredictionKind.PROBABILITY), x=Kind.NUMERIC)
    columns = {
        "x": np.arange(400.0),
        "score": np.tile([0.2, 0.8, 0.6, 1.5], 100),
        "y": np.tile([0, 1, 1, 1], 100),
    }
    reference = build_from(tmp_path, schema, columns, labels=labels_of(PredictionKind.PROBABILITY))
    tally = reference.performance.tallies[""]
    assert (tally.records, tally.unusable, tally.right) == (300, 100, 300)
    assert "labelled rows whose prediction cannot be judged by the label: 100" in reference.notes


def test_too_few_of_one_outcome_leave_no_estimate_and_say_why(tmp_path):
    schema = a_schema(Prediction(("score",), PredictionKind.PROBABILITY), x=Kind.NUMERIC)
    columns = {"x": np.arange(400.0), "y": np.arange(400) < 5}
    reference = build_from(tmp_path, schema, columns, labels=labels_of(PredictionKind.PROBABILITY))
    assert reference.performance.estimation is None
    assert "5 positive" in reference.performance.no_estimate
    assert any("5 positive" in note for note in reference.notes)


def test_the_threshold_of_the_schema_is_that_of_the_task(tmp_path):
    prediction = Prediction(("score",), PredictionKind.PROBABILITY, threshold=0.9)
    columns = {"x": np.arange(400.0), "score": np.full(400, 0.8), "y": np.ones(400, dtype=int)}
    schema = a_schema(prediction, x=Kind.NUMERIC)
    known = build_from(tmp_path, schema, columns, labels=labels_of(prediction.kind)).performance
    assert known.task.threshold == 0.9
    assert known.tallies[""].right == 0


def test_a_named_positive_label_is_1_and_every_other_one_0(tmp_path):
    schema = a_schema(Prediction(("score",), PredictionKind.PROBABILITY), x=Kind.NUMERIC)
    columns = {"x": np.arange(300.0), "score": [0.9] * 300, "y": ["fraud", "fine", "odd"] * 100}
    labels = labels_of(PredictionKind.PROBABILITY, "fraud")
    known = build_from(tmp_path, schema, columns, labels=labels).performance
    assert known.tallies[""].confusion[1, :2].tolist() == [200, 100]


@pytest.mark.parametrize("spelling", ["1.0,0.0", "True,False", "1,0", "true,false"])
def test_a_csv_may_spell_outcomes_in_any_way(tmp_path, spelling):
    yes, no = spelling.split(",")
    path = tmp_path / "a.csv"
    lines = [f"{place},0.75,{yes if place % 4 else no}" for place in range(400)]
    path.write_text("x,score,y\n" + "\n".join(lines) + "\n")
    schema = a_schema(Prediction(("score",), PredictionKind.PROBABILITY), x=Kind.NUMERIC)
    labels = labels_of(PredictionKind.PROBABILITY)
    known = build_reference(schema, [path], labels=labels).performance
    assert known.tallies[""].confusion[1, :2].tolist() == [100, 300]


def test_classes_are_the_predictions_levels_and_then_further_labels(tmp_path):
    schema = a_schema(Prediction(("score",), PredictionKind.CLASS), x=Kind.NUMERIC)
    said = ["a"] * 60 + ["b"] * 40
    columns = {"x": np.arange(100.0), "score": said, "y": [*said[:99], "c"]}
    known = build_from(
        tmp_path, schema, columns, labels=labels_of(PredictionKind.CLASS)
    ).performance
    assert known.task.classes == ("a", "b", "c")
    assert known.tallies[""].confusion.tolist() == [
        [60, 0, 0, 0],
        [0, 39, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]


def test_beyond_the_most_classes_predictions_and_labels_are_other_ones(tmp_path):
    schema = a_schema(Prediction(("score",), PredictionKind.CLASS), x=Kind.NUMERIC)
    often = [f"k{place:02}" for place in range(15)] * 10
    said, was = [*often, "rare", "rare"], [*often, "rare", "k00"]
    columns = {"x": np.arange(152.0), "score": said, "y": was}
    tally = build_from(
        tmp_path, schema, columns, labels=labels_of(PredictionKind.CLASS)
    ).performance.tallies[""]
    assert (tally.records, tally.unusable, tally.right) == (151, 1, 150)
    assert tally.confusion[15, 0] == 1


def test_labels_of_a_regression_are_told_apart_by_their_quarters(tmp_path):
    kind = PredictionKind.REGRESSION
    path = write_parquet(tmp_path / "a.parquet", labelled_table(kind, 4_000))
    known = built(kind, [path]).performance
    groups = known.by_label[:, 0].sum(axis=1)
    assert len(known.label_edges) == 3
    assert groups / groups.sum() == pytest.approx([0.25] * 4, abs=0.001)


def test_the_malignant_tumours_that_a_model_finds_are_measured(tmp_path):
    from sklearn.datasets import load_breast_cancer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, roc_auc_score
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs, truth = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression())
    scores = cross_val_predict(model, inputs, truth, method="predict_proba")[:, 1]
    names = [f"f{place}" for place in range(5)]
    schema = a_schema(
        Prediction(("score",), PredictionKind.PROBABILITY), **dict.fromkeys(names, Kind.NUMERIC)
    )
    columns = {**dict(zip(names, inputs.T, strict=False)), "score": scores, "y": truth}
    known = build_from(
        tmp_path, schema, columns, labels=labels_of(PredictionKind.PROBABILITY)
    ).performance
    found = measure(known.tallies[""], known.task)
    assert found["accuracy"].value == pytest.approx(accuracy_score(truth, scores >= 0.5))
    assert found["roc_auc"].value == pytest.approx(roc_auc_score(truth, scores), abs=2e-3)
    assert isinstance(known.estimation, Binary)


def test_the_errors_of_a_model_of_diabetes_are_measured(tmp_path):
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import Ridge
    from sklearn.metrics import mean_absolute_error, r2_score
    from sklearn.model_selection import cross_val_predict

    inputs, truth = load_diabetes(return_X_y=True)
    scores = cross_val_predict(Ridge(), inputs, truth)
    names = [f"f{place}" for place in range(inputs.shape[1])]
    schema = a_schema(**dict.fromkeys(names, Kind.NUMERIC))
    columns = {**dict(zip(names, inputs.T, strict=True)), "score": scores, "y": truth}
    known = build_from(
        tmp_path, schema, columns, labels=labels_of(PredictionKind.REGRESSION)
    ).performance
    found = measure(known.tallies[""], known.task)
    assert found["mae"].value == pytest.approx(mean_absolute_error(truth, scores), rel=1e-5)
    assert found["r2"].value == pytest.approx(r2_score(truth, scores), abs=1e-4)
    assert known.estimation.reference[0] == pytest.approx(mean_absolute_error(truth, scores))
