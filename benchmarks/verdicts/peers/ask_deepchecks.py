"""deepchecks with its default conditions. drift: {name: alarm}; data: the checks that fail in its two suites for data."""

import contextlib
import io

from deepchecks.tabular import Dataset
from deepchecks.tabular.checks import FeatureDrift, MultivariateDrift
from deepchecks.tabular.suites import data_integrity, train_test_validation
from pairs import DataFrame, answer


def drift(reference: DataFrame, current: DataFrame) -> dict[str, bool]:
    categories = [name for name in reference.columns if reference[name].dtype.kind in "Ob"]
    sides = [Dataset(side, cat_features=categories) for side in (reference, current)]
    one = FeatureDrift().add_condition_drift_score_less_than().run(*sides)
    whole = MultivariateDrift().add_condition_overall_drift_value_less_than().run(*sides)
    return {
        "deepchecks, feature drift": not one.passed_conditions(),
        "deepchecks, multivariate": not whole.passed_conditions(),
    }


def data(reference: DataFrame, current: DataFrame) -> list[str]:
    """``id`` and ``target`` are the names of those columns in the benchmark."""
    failed = []
    with contextlib.redirect_stderr(io.StringIO()):
        for suite, sides in ((data_integrity(), (current,)), (train_test_validation(), (reference, current))):
            tables = [
                Dataset(side, label="target", index_name="id", cat_features=[], label_type="multiclass")
                for side in sides
            ]
            result = suite.run(*tables)
            failed += [check.check.name() for check in result.get_not_passed_checks()]
            failed += [f"crash of {check.check.name()}" for check in result.get_not_ran_checks()]
    return sorted(failed)


answer(drift=drift, data=data)
