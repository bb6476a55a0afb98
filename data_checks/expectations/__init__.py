"""The expectations of the data gate, for Great Expectations: each judges a whole set of columns in one vectorised pass.

Importing this package imports great_expectations (seconds), so it is imported where a suite is evaluated, read or written.
"""

from __future__ import annotations

from data_checks.expectations.categories import ExpectCategoryShares, ExpectKnownCategories
from data_checks.expectations.copies import ExpectDistinctRows, ExpectRowsApart, ExpectUniqueKey
from data_checks.expectations.labels import ExpectConsistentLabels, ExpectSeveralLabels
from data_checks.expectations.numbers import ExpectFiniteNumbers, ExpectNumbersInRange, ExpectPrecision
from data_checks.expectations.presence import ExpectColumnKinds, ExpectNullShares
from data_checks.expectations.variety import ExpectModalShares

__all__ = [
    "ExpectCategoryShares",
    "ExpectColumnKinds",
    "ExpectConsistentLabels",
    "ExpectDistinctRows",
    "ExpectFiniteNumbers",
    "ExpectKnownCategories",
    "ExpectModalShares",
    "ExpectNullShares",
    "ExpectNumbersInRange",
    "ExpectPrecision",
    "ExpectRowsApart",
    "ExpectSeveralLabels",
    "ExpectUniqueKey",
]
