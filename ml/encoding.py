"""Encode features inside the model's own pipeline, so that what is served is encoded exactly as what was learned.

For the use of any training function: ``make_pipeline(encoder(X), YourEstimator())``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pandas import DataFrame
    from sklearn.base import BaseEstimator


def encoder(X: DataFrame, *, fill: bool = False, scale: bool = False) -> BaseEstimator | None:
    """Return a transformer for the columns of ``X`` (n, k), or None where nothing needs one.

    Text columns become one column per category; a category never seen before becomes all zeros. With ``fill`` missing
    numbers become the column's median, with ``scale`` numbers are standardised.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.preprocessing import OneHotEncoder

    numbers = list(X.select_dtypes("number").columns)
    categories = [column for column in X.columns if column not in set(numbers)]
    of_numbers = _for_numbers(fill and bool(X[numbers].isna().to_numpy().any()), scale)
    if not categories:
        return None if of_numbers == "passthrough" else of_numbers
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts = [(one_hot, categories)]
    if numbers:
        parts.insert(0, (of_numbers, numbers))
    return make_column_transformer(*parts)


def _for_numbers(fill: bool, scale: bool) -> object:
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    steps = [SimpleImputer(strategy="median", keep_empty_features=True)] if fill else []
    steps += [StandardScaler()] if scale else []
    return make_pipeline(*steps) if len(steps) > 1 else steps[0] if steps else "passthrough"
