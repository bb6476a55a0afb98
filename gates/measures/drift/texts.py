"""Turn a column of texts into what can be compared where hardly a value comes up twice: its form, and what it is about.

The rule it protects: everything is computed from one text alone, or from the texts of both sides together without looking at
the side, so that the permutation test stays exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from gates.measures.drift.arrays import Codes, Flags, Floats

TOPICS = 4  # directions of the texts' letter sequences that are compared
LEARN = 2_000  # texts of both sides together from which the directions are found
LEAST_TEXTS = 50  # fewer distinct ones have no directions worth the name
BUCKETS = 4_096  # of hashed letter sequences
LONGEST = 2_000  # letters of a text that count: a bound for the time that one text takes
SENTENCE = 3.0  # mean number of words from which texts are read for what they are about
_RUNS = (
    (re.compile(r"[A-Z]+"), "A"),
    (re.compile(r"[a-z]+"), "a"),
    (re.compile(r"\d+"), "9"),
    (re.compile(r"\s+"), " "),
)


def pattern_of(text: str) -> str:
    """Return the form of a text: ``A9`` for "M0012", ``a a`` for "two words"; runs of letters, digits and blanks count once."""
    form = text[:LONGEST]
    for run, sign in _RUNS:
        form = run.sub(sign, form)
    return form if len(form) <= 40 else f"{form[:39]}…"


def measure_form(texts: tuple[str, ...]) -> Iterator[tuple[str, Floats]]:
    """Yield what is measured of each text, with its name: letters and words (counts), shares of digits, capitals and signs (0 to
    1).
    """
    length = np.array([len(text) for text in texts], dtype=np.float64)
    some = np.maximum(length, 1.0)
    yield "length", length
    yield "words", np.array([len(text.split()) for text in texts], dtype=np.float64)
    yield "share of digits", np.array([sum(c.isdigit() for c in text) for text in texts]) / some
    yield "share of capitals", np.array([sum(c.isupper() for c in text) for text in texts]) / some
    yield "share of signs", np.array([sum(not c.isalnum() and not c.isspace() for c in text) for text in texts]) / some


def is_prose(texts: tuple[str, ...]) -> bool:
    """Return whether texts are sentences, by their mean number of words, and not codes or names."""
    return len(texts) >= LEAST_TEXTS and float(np.mean([len(text.split()) for text in texts])) >= SENTENCE


def measure_topics(texts: tuple[str, ...], codes: Codes, seed: int) -> Iterator[tuple[str, Floats]]:
    """Yield the place of each distinct text along the main directions of its letters: TF-IDF of hashed 3-grams, truncated SVD.

    ``codes`` (n + m,) say which text stands in which row, -1 for none; the directions are found on at most `LEARN` rows, drawn
    without looking at the side. Source: latent semantic analysis (Deerwester et al. 1990).
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    rng = np.random.default_rng(seed)
    rows = codes[codes >= 0]
    drawn = rows if len(rows) <= LEARN else rng.choice(rows, LEARN, replace=False)
    vectorizer = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 3), n_features=BUCKETS, alternate_sign=False)
    counts = vectorizer.transform([text[:LONGEST] for text in texts])
    weights = TfidfTransformer().fit(counts[np.sort(drawn)])
    learned = weights.transform(counts[np.sort(drawn)])
    if min(learned.shape) <= TOPICS or len(np.unique(drawn)) <= TOPICS:
        return
    directions = TruncatedSVD(TOPICS, random_state=seed).fit(learned)
    places = directions.transform(weights.transform(counts))
    for number, place in enumerate(places.T, 1):
        yield f"content {number}", np.asarray(place, dtype=np.float64)


def as_texts(distinct: tuple[object, ...]) -> tuple[str, ...]:
    """Return one spelling of each value: the integer 1 and the float 1.0 (a column of integers that lost a value) are the same."""
    return tuple(spell(value) for value in distinct)


def spell(value: object) -> str:
    """Return the spelling of a value; a whole number that is kept as a float is spelled like an integer."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def varies(values: Floats, present: Flags) -> bool:
    """Return whether a measure takes more than one value among the texts that are there."""
    kept = values[present]
    return len(kept) > 1 and bool((kept != kept[0]).any())
