"""A budget of false failures, as the chance of one that each verdict is allowed."""

LARGEST = 0.05
"""The chance of a false 'failed' that no verdict exceeds, however large the budget is."""


def alpha_per_gate(most: float, gates: int, runs: float) -> float:
    """Return the chance of a false 'failed' for each requirement in each run.

    most: false failures that are allowed in a period. gates: requirements of a run. runs: in the
    period, those by hand and by alarm included. False failures are then at most ``most`` in a
    period on average, whatever the dependence between requirements and between runs: an
    expectation adds up. Never above LARGEST.
    Raises ValueError where there is no budget, no requirement or no run.

    Source: Bonferroni's inequality for the expected number of errors.
    """
    for name, value in (("most", most), ("gates", gates), ("runs", runs)):
        if not value > 0:
            raise ValueError(f"{name} is {value}; it must be above 0")
    return min(LARGEST, most / (gates * runs))
