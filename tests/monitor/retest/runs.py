"""Hand-made runs: what a re-test of a credit model would find."""

from detectors.robustness.verdict import Verdict
from monitor.retest.result import (
    Clean,
    Figure,
    Requirement,
    Run,
    Share,
    State,
    Trial,
)


def a_run(**changes) -> Run:
    """Return a finished run that failed: one requirement of each verdict, and what they rest on."""
    told = {
        "id": "20260105T030000-1a2b",
        "model": "credit",
        "retest": "nightly",
        "cause": "schedule",
        "endpoint": "http://credit:8080",
        "version": "7",
        "state": State.FINISHED,
        "started": "2026-01-05T03:00:00Z",
        "ended": "2026-01-05T03:01:30Z",
        "seed": 4711,
        "verdict": Verdict.FAILED,
        "queries": 14_200,
        "budget": 20_000,
        "done": 8,
        "total": 8,
        "clean": (a_clean(),),
        "trials": (*a_curve(), an_attack(), a_certificate(), a_relation(), a_load()),
        "requirements": (a_failure(), a_pass(), an_open_question()),
        "errors": {"timeout": 3},
        "latency_s": {"0.5": 0.004, "0.99": 0.031},
        "cases": "cases.parquet",
    }
    return Run(**(told | changes))


def a_passed_run(**changes) -> Run:
    """Return a finished run whose only requirement is met."""
    told = {"verdict": Verdict.PASSED, "requirements": (a_pass(),)}
    return a_run(**(told | changes))


def a_running_run(**changes) -> Run:
    """Return a run that is at its third of eight trials."""
    told = {
        "state": State.RUNNING,
        "ended": "",
        "verdict": Verdict.INCONCLUSIVE,
        "done": 2,
        "doing": "gaussian_noise at 0.4 sd",
        "trials": (),
        "requirements": (),
        "cases": "",
    }
    return a_run(**(told | changes))


def an_unreachable_run(**changes) -> Run:
    """Return a run of a model that did not answer."""
    told = {
        "verdict": Verdict.INCONCLUSIVE,
        "reason": "http://credit:8080 does not answer: connection refused",
        "version": "",
        "queries": 0,
        "clean": (),
        "trials": (),
        "requirements": (),
        "errors": {"unreachable": 1},
        "latency_s": {},
        "cases": "",
    }
    return a_run(**(told | changes))


def a_clean(**changes) -> Clean:
    """Return the model on 1,000 unchanged records: 0.91 right, and steady."""
    told = {
        "data": "evaluation",
        "records": 1_000,
        "failed": 0,
        "figures": {"accuracy": Figure(0.91, 0.891, 0.927)},
        "control_flip_ratio": Figure(0.0, 0.0, 0.0037),
    }
    return Clean(**(told | changes))


def a_curve() -> tuple[Trial, ...]:
    """Return Gaussian noise at five severities, from 0.905 right to 0.62."""
    points = ((0.05, 0.905), (0.1, 0.88), (0.2, 0.83), (0.4, 0.74), (0.8, 0.62))
    return tuple(a_trial(severity=severity, accuracy=accuracy) for severity, accuracy in points)


def a_trial(severity: float = 0.1, accuracy: float | None = 0.88, **changes) -> Trial:
    """Return Gaussian noise at one severity; accuracy None where no label is known."""
    figures = {
        "flip_ratio": Figure(0.06, 0.046, 0.077),
        "confidence_drop": Figure(0.02, 0.01, 0.03),
    }
    if accuracy is not None:
        figures["accuracy"] = Figure(accuracy, accuracy - 0.02, accuracy + 0.02)
        figures["accuracy_drop"] = Figure(0.91 - accuracy, 0.91 - accuracy - 0.01, 0.93 - accuracy)
    told = {
        "perturbation": "gaussian_noise",
        "severity": severity,
        "unit": "sd",
        "data": "evaluation",
        "records": 1_000,
        "failed": 0,
        "queries": 1_000,
        "figures": figures,
        "features": (Share("income", 0.7, 42), Share("age", 0.2, 12)),
        "segments": (Share("DE", 0.6, 36),),
        "words": "most of the loss lies with income",
    }
    return Trial(**(told | changes))


def an_attack(**changes) -> Trial:
    """Return HopSkipJump within 0.3 sd: half of the rightly answered records were broken."""
    told = {
        "perturbation": "hop_skip_jump",
        "severity": 0.3,
        "unit": "sd",
        "data": "evaluation",
        "records": 100,
        "failed": 0,
        "queries": 8_000,
        "figures": {
            "robust_accuracy": Figure(0.45, 0.35, 0.55),
            "attack_success_ratio": Figure(0.5, 0.4, 0.6),
            "distance_l2_median": Figure(0.31, 0.27, 0.36),
            "distance_l2_p10": Figure(None),
        },
        "options": {"norm": "l2"},
    }
    return Trial(**(told | changes))


def a_certificate(**changes) -> Trial:
    """Return randomised smoothing: 0.7 certified at a radius of 0.25 sd."""
    told = {
        "perturbation": "smoothing",
        "severity": 0.25,
        "unit": "sd",
        "data": "evaluation",
        "records": 50,
        "failed": 0,
        "queries": 4_000,
        "figures": {"certified_accuracy": Figure(0.7, 0.55, 0.82), "abstained": Figure(0.1)},
    }
    return Trial(**(told | changes))


def a_relation(**changes) -> Trial:
    """Return the relation that a higher income never lowers the score, which 2 of 200 broke."""
    told = {
        "perturbation": "monotone",
        "severity": 1.0,
        "unit": "",
        "data": "evaluation",
        "records": 200,
        "failed": 0,
        "queries": 200,
        "figures": {"relation_violation_ratio": Figure(0.01, 0.001, 0.036)},
        "options": {"feature": "income"},
    }
    return Trial(**(told | changes))


def a_load(**changes) -> Trial:
    """Return a load of 200 requests/s that the endpoint kept up with."""
    told = {
        "perturbation": "load",
        "severity": 200.0,
        "unit": "requests/s",
        "data": "evaluation",
        "records": 2_000,
        "failed": 4,
        "queries": 2_000,
        "figures": {"latency_p99": Figure(0.042, 0.038, 0.05), "failed_ratio": Figure(0.002)},
    }
    return Trial(**(told | changes))


def a_failure(**changes) -> Requirement:
    """Return the requirement on noise, failed: a drop of 0.03, at most 0.02 allowed."""
    told = {
        "name": "gaussian_noise 0.1 accuracy_drop",
        "perturbation": "gaussian_noise",
        "severity": 0.1,
        "data": "evaluation",
        "measure": "accuracy_drop",
        "limit": "at most 0.02",
        "most": 0.02,
        "least": None,
        "verdict": Verdict.FAILED,
        "value": 0.03,
        "low": 0.022,
        "high": 0.041,
        "alpha": 0.0017,
        "records": 1_000,
        "words": "accuracy falls by 0.03 under Gaussian noise of 0.1 sd; at most 0.02 is allowed",
    }
    return Requirement(**(told | changes))


def a_pass(**changes) -> Requirement:
    """Return the requirement on an attack, passed."""
    told = {
        "name": "attack within 0.3",
        "perturbation": "hop_skip_jump",
        "severity": 0.3,
        "measure": "robust_accuracy",
        "limit": "at least 0.3",
        "most": None,
        "least": 0.3,
        "verdict": Verdict.PASSED,
        "value": 0.45,
        "low": 0.35,
        "high": 0.55,
        "records": 100,
        "words": "0.45 not broken by this attack within this budget",
    }
    return a_failure(**(told | changes))


def an_open_question(**changes) -> Requirement:
    """Return the requirement on missing values, for which 40 records are too few."""
    told = {
        "name": "missing_one flip_ratio",
        "perturbation": "missing_one",
        "severity": 1.0,
        "measure": "flip_ratio",
        "limit": "at most 0.05",
        "most": 0.05,
        "least": None,
        "verdict": Verdict.INCONCLUSIVE,
        "value": 0.05,
        "low": 0.006,
        "high": 0.169,
        "records": 40,
        "needed": 980,
        "reason": "too few records",
        "words": "too few records: about 980 would decide",
    }
    return a_failure(**(told | changes))
