"""Read dates as they stand in tables: ISO 8601 in texts, or objects of Python and pandas."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta

DAY = 86_400.0  # s
REACH = 10.0  # spans of the dates known by which another one may lie before or after them: windows move on, centuries do not
LEAST_REACH = 366 * DAY
MOSTLY = 0.95  # share of a column's values that are dates, from which it is one of dates
_START = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_date(value: object) -> float:
    """Return the seconds since 1970 (UTC) that a value stands for; NaN for one that is no date. A date without a zone is in UTC."""
    if isinstance(value, str) and _ISO.match(value.strip()):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return math.nan
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    if not isinstance(value, datetime) or value != value:  # NaT is a datetime that differs from itself
        return math.nan
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - _START).total_seconds()


def write_date(seconds: float) -> str:
    """Return the day (UTC) of seconds since 1970 as ISO 8601; years before 1 and after 9999 become these."""
    first, last = (_seconds(datetime(year, month, day)) for year, month, day in ((1, 1, 1), (9999, 12, 31)))
    return (_START + timedelta(seconds=min(max(seconds, first), last))).date().isoformat()


def reach_of(first: float, last: float) -> tuple[float, float]:
    """Return how far other dates may lie, from the first and the last one known, all in seconds since 1970."""
    reach = max(REACH * (last - first), LEAST_REACH)
    return first - reach, last + reach


def _seconds(moment: datetime) -> float:
    return (moment.replace(tzinfo=UTC) - _START).total_seconds()
