"""The demo's re-test: the live model is asked about perturbed records, once."""

from typing import Any

from rich.console import Console

from monitor.config import Settings
from monitor.demo.model import NAME
from monitor.reference.file import Reference
from monitor.retest.history import History
from monitor.retest.locked_run import run_locked
from monitor.retest.table_report import report

RETEST = "nightly"
BATCH = 200
REQUIRED: dict[str, Any] = {
    "queries": 12_000,
    "seed": 1,
    "every": "0 3 * * *",
    "requirements": [
        {
            "perturbation": "gaussian_noise",
            "severity": 0.1,
            "measure": "accuracy_drop",
            "most": 0.05,
        },
        {"perturbation": "offset", "severity": 0.5, "measure": "accuracy_drop", "most": 0.05},
        {"perturbation": "quantisation", "severity": 3, "measure": "flip_ratio", "most": 0.05},
        {"perturbation": "boundary", "measure": "distance_l2_median", "least": 0.1},
    ],
}


def show_retest(settings: Settings, reference: Reference, console: Console) -> None:
    """Re-test the live model and print what was found."""
    console.print("[bold]8[/] re-tested the live model with perturbed records:")
    history = History(settings.state / "retests")
    run = run_locked(
        settings, reference, NAME, RETEST, "request", None, history, lambda _: None, False
    )
    plain = Console(
        file=console.file, markup=False, highlight=False, width=None if console.is_terminal else 110
    )
    report(run, plain, history.folder(run.id, NAME))
