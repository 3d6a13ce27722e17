from monitor.retest.curves import Curve, accuracy_curves, draw, kept_answer_curves
from monitor.retest.result import Figure
from tests.monitor.retest.runs import a_curve, a_run, a_trial, an_attack


def a_drawn_curve(name: str = "noise", values=(0.9, 0.8, 0.6)) -> Curve:
    return Curve(name, ("0.1 sd", "0.2 sd", "0.4 sd"), 0.95, values)


def test_a_curve_goes_from_clean_records_to_the_largest_severity():
    (curve,) = accuracy_curves(a_run(trials=tuple(reversed(a_curve()))))
    assert curve.name == "gaussian_noise"
    assert curve.start == 0.91
    assert curve.severities == ("0.05 sd", "0.1 sd", "0.2 sd", "0.4 sd", "0.8 sd")
    assert curve.values == (0.905, 0.88, 0.83, 0.74, 0.62)


def test_one_severity_makes_no_curve():
    assert accuracy_curves(a_run(trials=(a_trial(), an_attack()))) == []


def test_undefined_figures_are_left_out():
    trials = (a_trial(0.1), a_trial(0.2), a_trial(0.4, figures={"accuracy": Figure(None)}))
    (curve,) = accuracy_curves(a_run(trials=trials))
    assert len(curve.values) == 2


def test_options_and_data_make_curves_of_their_own():
    trials = tuple(
        a_trial(severity, options=options, data=data)
        for severity in (0.1, 0.2)
        for options, data in (
            ({}, "evaluation"),
            ({"features": "income"}, "evaluation"),
            ({}, "production"),
        )
    )
    assert [curve.name for curve in accuracy_curves(a_run(trials=trials))] == [
        "gaussian_noise evaluation",
        "gaussian_noise features=income evaluation",
        "gaussian_noise production",
    ]


def test_without_labels_the_answers_that_stay_are_drawn():
    trials = (a_trial(0.1, None), a_trial(0.2, None))
    run = a_run(trials=trials)
    assert accuracy_curves(run) == []
    (curve,) = kept_answer_curves(run)
    assert (curve.start, curve.values) == (1.0, (0.94, 0.94))
    assert kept_answer_curves(a_run()) == []


def test_a_picture_names_its_curves_and_their_severities():
    told = draw("accuracy by severity", [a_drawn_curve(), a_drawn_curve("units")], 80)
    assert "accuracy by severity" in told
    assert "● noise: 0.1 sd, 0.2 sd, 0.4 sd" in told
    assert "▲ units: 0.1 sd, 0.2 sd, 0.4 sd" in told
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 80


def test_a_falling_curve_falls():
    lines = draw("", [a_drawn_curve()], 60).splitlines()
    first = next(row for row, line in enumerate(lines) if "●" in line)
    rows = [row for row, line in enumerate(lines) if "●" in line and ":" not in line]
    places = [lines[row].index("●") for row in rows]
    assert rows[0] == first
    assert places == sorted(places)
    assert len(rows) > 5


def test_five_curves_take_two_pictures():
    told = draw("accuracy", [a_drawn_curve(str(number)) for number in range(5)], 80)
    assert told.count("accuracy") == 2
    assert told.count("clean") == 2


def test_a_flat_curve_is_drawn():
    assert "●" in draw("accuracy", [Curve("flat", ("1", "2"), 1.0, (1.0, 1.0))], 80)
