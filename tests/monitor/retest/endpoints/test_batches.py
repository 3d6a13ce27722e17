"""Whether a server's answers depend on what else is in a request is told by a relation."""

import numpy as np
import pytest
from starlette.responses import JSONResponse

from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.relations import RELATIONS
from detectors.robustness.table import Sample
from tests.monitor.retest.endpoints.asking import SPACE, TASK, asking, records
from tests.monitor.retest.endpoints.servers import Served, serving, v1


def scaled_over_the_request(_served, table):
    """Answer by whether an income is above the request's mean."""
    above = table[:, 0] > table[:, 0].mean()
    return JSONResponse({"predictions": [[1.0 - each, float(each)] for each in above]})


def violations(served, n=60):
    relation = RELATIONS["batch_invariant"]()
    table = records(n)
    sample = Sample(np.arange(n).astype(str).astype(object), table)
    with serving(v1(served)) as url, asking(url, protocol="v1", batch=7) as model:
        (variant,) = relation(sample, SPACE, 1.0, np.random.default_rng(0))
        source = model.predict(table).take(variant.places)
        return relation.violated(source, model.predict(variant.table), TASK)


def test_a_model_that_looks_at_each_record_alone_keeps_the_relation():
    assert not violations(Served()).any()


def test_a_model_that_scales_over_a_request_breaks_it():
    assert violations(Served(scaled_over_the_request)).any()


def test_one_record_has_no_other_order():
    relation = RELATIONS["batch_invariant"]()
    sample = Sample(np.array(["a"], dtype=object), records(1))
    with pytest.raises(PerturbationError, match="has no order"):
        relation(sample, SPACE, 1.0, np.random.default_rng(0))
