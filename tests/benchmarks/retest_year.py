"""A year of nightly re-tests: how often a model that meets its requirements is failed.

The model meets each of five requirements exactly: every limit is the true measure. Verdicts are
those of a re-test, with a budget of one false failure in 30 days. Records are new every night, or
the same all year with new noise. Then the model gets worse by some points of accuracy under noise,
and must be failed as soon as the number of records predicts. The last line is the figures as JSON.
"""

import argparse
import json
import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import chi2

from detectors.counts import IntArray
from detectors.robustness.drop import drop_bounds
from detectors.robustness.gate_budget import alpha_per_gate
from detectors.robustness.mean_bounds import mean_bounds
from detectors.robustness.quantile_bounds import quantile_bounds
from detectors.robustness.sample_size import CHANCE, chance_below, records_needed
from detectors.robustness.verdict import (
    ALPHA_PASS,
    Decision,
    Verdict,
    interval_verdict,
    share_verdict,
)
from tests.benchmarks.retest_world import Night, Truth, add_noise, draw_clean, truth, worse_truth

NIGHTS = 365
PERIOD = 30
BUDGET = 1.0
"""False failures in PERIOD nights."""

SET_NIGHTS = 12
"""Nights of each frozen set: enough, as the sets differ more than their nights do."""

SURE = 0.9
"""Of a model that is worse, so many are to be failed within the predicted runs."""

MOST_RUNS = 60
"""A model that is worse is given up after so many."""

exact_drop_bounds = lru_cache(maxsize=None)(drop_bounds)


def main() -> None:
    """Run the years that were asked for, print two tables and the figures as JSON."""
    wanted = arguments()
    alpha = alpha_per_gate(BUDGET, len(GATES), PERIOD)
    figures: dict[str, object] = {"records": wanted.records, "alpha": alpha}
    print(f"{wanted.records} records, {len(GATES)} requirements, each run at alpha {alpha:.4g}")
    print(f"\nexactly met: false failures in {PERIOD} nights (budget {BUDGET:g}), 95 % interval")
    sets = max(1, wanted.years * NIGHTS // SET_NIGHTS)
    nights = {"new records": (wanted.years, NIGHTS), "frozen records": (sets, SET_NIGHTS)}
    for place, (data, (worlds, length)) in enumerate(nights.items()):
        seeds = [[wanted.seed, place, world] for world in range(worlds)]
        runs = (met(seed, wanted.records, length, not place, alpha) for seed in seeds)
        figures[data] = told(data, np.array(list(runs)), length)
    print(f"\n{100 * wanted.worse:g} points worse: runs until failed")
    figures["worse"] = worse(wanted, alpha)
    print(json.dumps(figures))


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--years", type=int, default=20, help="of nights, each way [20]")
    parser.add_argument("--records", type=int, default=1000, help="of each run [1000]")
    parser.add_argument("--worse", type=float, default=0.03, help="lost accuracy [0.03]")
    parser.add_argument("--models", type=int, default=400, help="that are worse [400]")
    parser.add_argument("--seed", type=int, default=1, help="of the first year [1]")
    return parser.parse_args()


def noisy_accuracy(night: Night, limits: Truth, alpha: float) -> Decision:
    """Hold the accuracy under noise against its least value."""
    right, n = int(night.right_noisy.sum()), len(night.clean)
    return share_verdict(right, right, n, limits.noisy_accuracy, False, alpha)


def flips(night: Night, limits: Truth, alpha: float) -> Decision:
    """Hold the share of changed answers against its largest value."""
    flipped, n = int((night.right != night.right_noisy).sum()), len(night.clean)
    return share_verdict(flipped, flipped, n, limits.flips, True, alpha)


def drop(night: Night, limits: Truth, alpha: float) -> Decision:
    """Hold the drop of accuracy against its largest value."""
    b = int((night.right & ~night.right_noisy).sum())
    c = int((~night.right & night.right_noisy).sum())
    low, high = exact_drop_bounds(b, c, len(night.clean), alpha, ALPHA_PASS)
    return interval_verdict(low, math.nan, math.nan, high, limits.drop, True)


def confidence_drop(night: Night, limits: Truth, alpha: float) -> Decision:
    """Hold the mean drop of confidence against its largest value."""
    low, high = mean_bounds(night.confidence_drops, alpha, ALPHA_PASS, -1.0, 1.0)
    return interval_verdict(low, math.nan, math.nan, high, limits.confidence_drop, True)


def median_distance(night: Night, limits: Truth, alpha: float) -> Decision:
    """Hold the median distance to the boundary against its least value."""
    low, high = quantile_bounds(np.abs(night.clean), 0.5, ALPHA_PASS, alpha)
    return interval_verdict(math.nan, high, low, math.nan, limits.median_distance, False)


GATES: Mapping[str, Callable[[Night, Truth, float], Decision]] = {
    "accuracy under noise": noisy_accuracy,
    "flip rate": flips,
    "accuracy drop": drop,
    "confidence drop": confidence_drop,
    "median distance": median_distance,
}
HURT = ("accuracy under noise", "flip rate", "accuracy drop")
"""Requirements of which it is known by how much a worse model breaks them."""


def nights_of(seed: list[int], records: int, fresh: bool, worse: float = 0.0) -> Iterator[Night]:
    """Yield one night after the other. fresh: whether records are new, and not only the noise."""
    rng = np.random.default_rng(seed)
    clean = draw_clean(rng, records)
    while True:
        yield add_noise(rng, clean, worse)
        clean = draw_clean(rng, records) if fresh else clean


def met(seed: list[int], records: int, length: int, fresh: bool, alpha: float) -> list[int]:
    """Return how often each requirement, met exactly, is failed in some nights."""
    limits, failed = truth(), [0] * len(GATES)
    for _, night in zip(range(length), nights_of(seed, records, fresh), strict=False):
        for place, gate in enumerate(GATES.values()):
            failed[place] += gate(night, limits, alpha).verdict is Verdict.FAILED
    return failed


def told(data: str, failed: IntArray, length: int) -> dict[str, object]:
    """Print false failures in a period and return them; failed: (worlds, requirements)."""
    periods = len(failed) * length / PERIOD
    found: dict[str, object] = {}
    for name, counts in [*zip(GATES, failed.T, strict=True), ("all", failed.sum(axis=1))]:
        low, high = (bound / periods for bound in count_interval(counts))
        rate = int(counts.sum()) / periods
        print(f"  {data:16}{name:24}{rate:7.3f}  ({low:.3f} to {high:.3f})")
        found[name] = [round(rate, 4), round(low, 4), round(high, 4)]
    return found | {"periods": round(periods, 1)}


def count_interval(counts: IntArray) -> tuple[float, float]:
    """Return the 95 % interval of the expected sum of counts; (worlds,).

    Exact for a Poisson count, which is taken smaller by how much more the worlds differ.
    Source: Garwood (1936); McCullagh and Nelder (1989), section 6.2, for overdispersion.
    """
    total, mean = float(counts.sum()), float(counts.mean())
    excess = max(1.0, float(counts.var(ddof=1)) / mean) if mean and len(counts) > 1 else 1.0
    seen = total / excess
    low = chi2.ppf(0.025, 2 * seen) / 2 if seen else 0.0
    return float(low * excess), float(chi2.ppf(0.975, 2 * seen + 2) / 2 * excess)


def worse(wanted: argparse.Namespace, alpha: float) -> dict[str, object]:
    """Print how soon worse models are failed, beside what the records predict."""
    predicted = chances(wanted.records, wanted.worse, alpha)
    needed = enough(wanted.worse, alpha)
    found: dict[str, object] = {}
    for name in HURT:
        chance = predicted[name]
        runs = math.ceil(math.log(1 - SURE) / math.log1p(-min(chance, 1 - 1e-12)))
        row: dict[str, object] = {
            "records for 80 %": needed[name],
            "chance in a run": round(chance, 4),
            "predicted runs": runs,
        }
        print(
            f"  {name}: {needed[name]} records fail it with 80 % in one run; "
            f"{wanted.records} with {chance:.1%}, and with {SURE:.0%} within {runs}"
        )
        for place, data in enumerate(("new records", "frozen records")):
            ends = np.array(
                [first_failed(name, wanted, place, model, alpha) for model in range(wanted.models)]
            )
            first, within = float((ends <= 1).mean()), float((ends <= runs).mean())
            print(
                f"    {data:16}failed in the first run {first:.3f}, within {runs} {within:.3f}, "
                f"median {np.median(ends):g}"
            )
            row[data] = {"first": first, "within": within, "median": float(np.median(ends))}
        found[name] = row
    return found


def first_failed(
    name: str, wanted: argparse.Namespace, place: int, model: int, alpha: float
) -> float:
    """Return the first run that fails a worse model for one requirement; inf for none."""
    limits = truth()
    nights = nights_of([wanted.seed, 2 + place, model], wanted.records, not place, wanted.worse)
    for run, night in zip(range(1, MOST_RUNS + 1), nights, strict=False):
        if GATES[name](night, limits, alpha).verdict is Verdict.FAILED:
            return run
    return math.inf


def chances(records: int, worse: float, alpha: float) -> dict[str, float]:
    """Return how likely one run fails a worse model, by requirement."""
    limits, true = truth(), worse_truth(worse)
    spread = math.sqrt(true.discordant - true.drop**2)
    null = math.sqrt(true.discordant - limits.drop**2)
    z = (math.sqrt(records) * worse + float(ndtri(alpha)) * null) / spread
    return {
        "accuracy under noise": float(
            chance_below(true.noisy_accuracy, limits.noisy_accuracy, records, alpha)
        ),
        "flip rate": float(chance_below(1 - true.flips, 1 - limits.flips, records, alpha)),
        "accuracy drop": float(ndtr(z)),
    }


def enough(worse: float, alpha: float) -> dict[str, int | None]:
    """Return how many records fail a worse model in one run with a chance of 80 %."""
    limits, true = truth(), worse_truth(worse)
    pair = (alpha, ALPHA_PASS)
    return {
        "accuracy under noise": records_needed(
            true.noisy_accuracy, limits.noisy_accuracy, False, *pair
        ),
        "flip rate": records_needed(true.flips, limits.flips, True, *pair),
        "accuracy drop": paired_records(true, limits.drop, alpha),
    }


def paired_records(true: Truth, limit: float, alpha: float) -> int:
    """Return about how many paired records tell a drop from a limit with a chance of CHANCE.

    Normal approximation; the exact bounds take some per cent more.

    Source: Connor (1987), Sample size for testing differences in proportions for the
    paired-sample design, Biometrics 43.
    """
    null = -float(ndtri(alpha)) * math.sqrt(true.discordant - limit**2)
    spread = float(ndtri(CHANCE)) * math.sqrt(true.discordant - true.drop**2)
    return math.ceil(((null + spread) / (true.drop - limit)) ** 2)


if __name__ == "__main__":
    main()
