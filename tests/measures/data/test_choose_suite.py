"""How strict a suite is that nobody wrote is set by the policy: alpha of what is learnt, contradictions before that."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from gates.fixtures.data import _share
from gates.measures.data.choose_suite import agree


@dataclass(frozen=True)
class Roles:
    id: str = "id"
    target: str = "label"
    task: str = "classification"
    features: tuple[str, ...] = ()
    time: str | None = None
    group: str | None = None
    weight: str | None = None


def table(rows: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"id": range(rows), "x": rng.normal(size=rows), "label": rng.choice(["a", "b"], rows)})
    return frame.astype({"label": "object"})


def kwargs(suite, kind: str) -> dict:
    return next(one.configuration.kwargs for one in suite.expectations if one.configuration.type == kind)


def test_alpha_is_shared_by_what_is_learnt():
    batch = table()
    levels = [
        kwargs(agree(batch, Roles(), file=None, previous=batch, alpha=alpha), "expect_null_shares")["level"]
        for alpha in (0.01, 0.05)
    ]
    assert levels[1] == pytest.approx(5 * levels[0])


def test_contradictions_are_limited_before_anything_is_learnt():
    suite = agree(table(), Roles(), file=None, previous=None, contradictions=0.2)
    assert kwargs(suite, "expect_consistent_labels")["at_most"] == 0.2


@pytest.mark.parametrize("value", [True, "0.1", -0.1, 1.1, None, float("nan")])
def test_a_setting_that_is_no_share_is_a_fault_of_the_configuration(value):
    with pytest.raises(pytest.UsageError, match=r"alpha is .*, wanted a number between 0 and 1"):
        _share({"alpha": value}, "alpha", 0.01)


def test_an_absent_setting_has_its_default():
    assert _share({}, "alpha", 0.01) == 0.01
    assert _share({"alpha": 1}, "alpha", 0.01) == 1.0
