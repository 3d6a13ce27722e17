"""HopSkipJump here and in the adversarial-robustness-toolbox: distance, queries, requests, time.

The same records, models and norms; no limit to epsilon. Each side has its defaults, but the
toolbox as many rounds as --peer-rounds says, for its own fifty take ten times the queries.
"""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from detectors.counts import FloatArray, IntArray
from detectors.robustness.attacks.hop_skip_jump import HopSkipJump
from detectors.robustness.ledger import Ledger
from detectors.robustness.threat import Norm, Threat, Told

TRAINED_ON = 400
MISSING = (
    "attacks: the peer is not installed; it is no dependency of driftd, so install it beside: "
    "pip install adversarial-robustness-toolbox packaging"
)


@dataclass(slots=True)
class Model:
    """A model that counts what it is asked. exact: distances, by norm, where they are known."""

    name: str
    classes: Callable[[FloatArray], IntArray]
    records: FloatArray
    exact: dict[Norm, FloatArray] = field(default_factory=dict)
    requests: int = 0
    queries: int = 0

    def asked(self, points: FloatArray) -> IntArray:
        self.requests += 1
        self.queries += len(points)
        return self.classes(points)


@dataclass(frozen=True, slots=True)
class Row:
    """What one side found for one model and norm; distances by the records' sd."""

    model: str
    norm: str
    side: str
    records: int
    broken: int
    median_distance: float
    mean_distance: float
    median_over_exact: float | None
    queries_per_record: float
    requests: int
    seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table and the figures; return 1 if driftd is worse in distance or queries."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.attacks", description=__doc__)
    parser.add_argument("--records", type=int, default=40, help="records a model (default 40)")
    parser.add_argument(
        "--peer-rounds", type=int, default=10, help="rounds of the toolbox (default 10)"
    )
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore")
    try:
        import art.attacks.evasion  # noqa: F401
    except ImportError:
        print(MISSING, file=sys.stderr)
        return 2
    rows = []
    for model in _models(options.records):
        for norm in Norm:
            rows.append(_measured("driftd", model, norm, _ours))
            rows.append(
                _measured(
                    "toolbox",
                    model,
                    norm,
                    lambda model, norm: _theirs(model, norm, options.peer_rounds),
                )
            )
            print(f"{model.name}, {norm}: done", file=sys.stderr)
    _show(rows)
    worse = _worse(rows)
    print(json.dumps({"rows": [asdict(row) for row in rows], "worse": worse}))
    return 1 if worse else 0


def _models(records: int) -> list[Model]:
    rng = np.random.default_rng(0)
    weights, points = rng.normal(size=6), rng.normal(size=(records, 6))
    size = np.abs(points @ weights)
    exact = {Norm.L2: size / np.linalg.norm(weights), Norm.LINF: size / np.abs(weights).sum()}
    linear = Model("linear", lambda x: (x @ weights > 0).astype(np.int64), points, exact)
    values, labels = load_breast_cancer(return_X_y=True)
    values = StandardScaler().fit(values[:TRAINED_ON]).transform(values)
    learned, held_out = values[:TRAINED_ON], values[TRAINED_ON : TRAINED_ON + records]
    perceptron = MLPClassifier((32,), max_iter=400, random_state=0)
    perceptron.fit(learned, labels[:TRAINED_ON])
    boosting = GradientBoostingClassifier(random_state=0).fit(learned, labels[:TRAINED_ON])
    return [
        linear,
        Model("perceptron", perceptron.predict, held_out),
        Model("boosting", boosting.predict, held_out),
    ]


def _measured(
    side: str, model: Model, norm: Norm, distances: Callable[[Model, Norm], FloatArray]
) -> Row:
    model.requests = model.queries = 0
    started = time.perf_counter()
    found = distances(model, norm)
    seconds = time.perf_counter() - started
    exact = model.exact.get(norm)
    return Row(
        model=model.name,
        norm=str(norm),
        side=side,
        records=len(found),
        broken=int(np.isfinite(found).sum()),
        median_distance=float(np.median(found)),
        mean_distance=float(np.mean(found[np.isfinite(found)])),
        median_over_exact=None if exact is None else float(np.median(found / exact)),
        queries_per_record=model.queries / len(found),
        requests=model.requests,
        seconds=seconds,
    )


def _ours(model: Model, norm: Norm) -> FloatArray:
    records = model.records
    own = model.classes(records)
    width = records.shape[1]
    free = np.full(records.shape, np.inf)
    threat = Threat(norm, np.inf, -free, free, np.zeros(width), np.zeros(width, dtype=np.int64))

    def oracle(points: FloatArray, places: IntArray) -> Told:
        broken = model.asked(points) != own[places]
        none = np.zeros(len(points), dtype=np.bool_)
        return Told(points, broken, np.full(len(points), np.nan), none)

    ledger = Ledger(records, threat, oracle)
    HopSkipJump()(records, threat, ledger, np.random.default_rng(0))
    return ledger.distance


def _theirs(model: Model, norm: Norm, rounds: int) -> FloatArray:
    from art.attacks.evasion import HopSkipJump as Peer
    from art.estimators.classification import BlackBoxClassifier

    # Its directions come from the global generator; its starts cannot be seeded, so runs differ.
    np.random.seed(0)
    records = model.records
    classifier = BlackBoxClassifier(
        lambda points: np.eye(2)[model.asked(points)], (records.shape[1],), 2
    )
    size = 2 if norm is Norm.L2 else np.inf
    peer = Peer(classifier, norm=size, max_iter=rounds, verbose=False)
    found = peer.generate(records.astype(np.float32))
    broken = model.classes(found) != model.classes(records)
    return np.where(broken, norm.of(found - records), np.inf)


def _show(rows: Sequence[Row]) -> None:
    print(
        f"{'model':11} {'norm':5} {'side':8} {'broken':>7} {'distance: median':>17} {'mean':>7} "
        f"{'/exact':>7} {'queries/record':>15} {'requests':>9} {'s':>7}"
    )
    for row in rows:
        exact = "" if row.median_over_exact is None else f"{row.median_over_exact:.4f}"
        print(
            f"{row.model:11} {row.norm:5} {row.side:8} {f'{row.broken}/{row.records}':>7} "
            f"{row.median_distance:17.4f} {row.mean_distance:7.4f} {exact:>7} "
            f"{row.queries_per_record:15,.0f} {row.requests:9,} {row.seconds:7.2f}"
        )


def _worse(rows: Sequence[Row]) -> list[str]:
    """Name where driftd broke fewer records, from farther, or with more queries."""
    found = []
    for ours, theirs in zip(rows[::2], rows[1::2], strict=True):
        where = f"{ours.model}, {ours.norm}"
        if ours.broken < theirs.broken:
            found.append(f"{where}: broken")
        if ours.median_distance > theirs.median_distance:
            found.append(f"{where}: distance")
        if ours.queries_per_record > theirs.queries_per_record:
            found.append(f"{where}: queries")
    return found


if __name__ == "__main__":
    sys.exit(main())
