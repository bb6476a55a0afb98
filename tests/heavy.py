"""Packages that importing Gates must not load: they cost seconds, or are not there for everybody."""

HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "great_expectations",
    "alibi_detect",
    "cryptography",
    "sqlite3",
    "requests",
)
