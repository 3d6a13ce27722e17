"""A model of real data for MLServer; run by the Python that serves it, as its file is pickled.

python mlserver_model.py FOLDER
"""

import json
import sys
from pathlib import Path

import joblib
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

NAME = "tumours"


def main(folder: Path) -> None:
    """Write the model, its settings, and what it says of its own data."""
    values, labels = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1)).fit(values, labels)
    joblib.dump(model, folder / "model.joblib")
    settings = {
        "name": NAME,
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib", "version": "v1"},
    }
    (folder / "model-settings.json").write_text(json.dumps(settings))
    (folder / "chances.json").write_text(json.dumps(model.predict_proba(values).tolist()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
