"""Spaces and tables of all kinds of features, for properties."""

import numpy as np
from hypothesis import strategies as st

from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table

SPACE = Space(
    (
        Feature("income", Values.NUMERIC, low=0.0, high=100.0, centre=40.0, scale=8.0),
        Feature("age", Values.NUMERIC, integer=True, low=18.0, high=90.0, centre=50.0, scale=12.0),
        Feature("origin", Values.NUMERIC, immutable=True, scale=2.0),
        Feature("plan_a", Values.NUMERIC, integer=True, low=0.0, high=1.0, group="plan"),
        Feature("plan_b", Values.NUMERIC, integer=True, low=0.0, high=1.0, group="plan"),
        Feature("colour", Values.CATEGORICAL, levels=("red", "green", "blue")),
        Feature("member", Values.BOOLEAN),
        Feature("vector", Values.EMBEDDING, scale=0.5, size=2),
        Feature("remark", Values.TEXT),
    )
)


@st.composite
def tables(draw, most=6):
    """Draw a table of SPACE, with missing values and categories that the space does not know."""
    rows = draw(st.integers(1, most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    income = rng.uniform(0, 100, rows)
    income[rng.random(rows) < 0.2] = np.nan
    plan = rng.integers(0, 2, rows).astype(float)
    vector = rng.normal(size=(rows, 2))
    return Table(
        {
            "income": income,
            "age": rng.integers(18, 91, rows).astype(float),
            "origin": rng.normal(size=rows),
            "plan_a": plan,
            "plan_b": 1 - plan,
            "colour": rng.choice(np.array(["red", "green", "blue", "mauve", None], object), rows),
            "member": rng.choice(np.array([True, False, None], object), rows),
            "vector": vector,
            "remark": np.array([f"remark {row}" for row in range(rows)], object),
        }
    )
