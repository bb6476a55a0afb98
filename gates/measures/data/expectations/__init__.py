"""The expectations of the data gate, for Great Expectations: each judges a whole set of columns in one vectorised pass.

Importing this package imports great_expectations (seconds), so it is imported where a suite is evaluated, read or written.
"""

from __future__ import annotations

from gates.measures.data.expectations.categories import ExpectCategoryShares, ExpectKnownCategories
from gates.measures.data.expectations.copies import ExpectDistinctRows, ExpectRowsApart, ExpectUniqueKey
from gates.measures.data.expectations.dates import ExpectDatesInRange
from gates.measures.data.expectations.labels import ExpectConsistentLabels, ExpectSeveralLabels
from gates.measures.data.expectations.numbers import ExpectFiniteNumbers, ExpectNumbersInRange, ExpectPrecision
from gates.measures.data.expectations.presence import ExpectColumnKinds, ExpectNullShares
from gates.measures.data.expectations.variety import ExpectModalShares

__all__ = [
    "ExpectCategoryShares",
    "ExpectColumnKinds",
    "ExpectConsistentLabels",
    "ExpectDatesInRange",
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
