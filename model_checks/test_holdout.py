"""A holdout wears out: the more models are tried on the same rows, the more the best of them owes to luck."""

import pytest

pytestmark = pytest.mark.gate("model")


def test_the_holdout_is_not_worn_out(holdout_uses, holdout, evidence):
    evidence("uses", holdout_uses, n=len(holdout))
