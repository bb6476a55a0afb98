"""Simulated years of `gates nightly`: how often it cries wolf where nothing drifts, and how soon it sees what does.

Rows come from a generator fitted to the data (a Gaussian cloud for each class, with the pooled covariance of the columns), so that
every night is fresh and nothing drifts that is not meant to. Each year has a champion and a reference of its own. A night asks what
`gates nightly` asks with its built-in policy: `detect` on the rows at 0.8 alpha, the champion's answers against its holdout at 0.2
alpha, alpha = 1/365. The peers are formulas on the same rows: Kolmogorov-Smirnov in any column at 0.05 (what "any column drifted"
amounts to), the same after Bonferroni, and a population stability index above 0.2 in any column.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.verdicts.markdown import table
from benchmarks.verdicts.options import Options
from benchmarks.verdicts.rates import Rate
from gates.measures.drift import detect, detect_predictions
from gates.measures.model.nightly_columns import write_columns
from gates.nightly.columns import read_columns
from gates.nightly.night import Night, NightState
from gates.nightly.since import tell_onset

ALPHA = 1 / 365
ROWS_SHARE, ANSWERS_SHARE = 0.8, 0.2  # as in gates/policy/builtin.toml
LEARNED, HELD_OUT, WINDOW = 670, 330, 200
SHIFT, CREEP, CALM_BEFORE = 0.5, 0.01, 30
RULES = (
    "gates nightly",
    "KS, any column, 0.05",
    "KS, Bonferroni, 0.05",
    "KS, Bonferroni, 1/365",
    "PSI > 0.2, any column",
)
FIRST_DAY = datetime(2026, 1, 1, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Source:
    """Draws rows: ``centres`` (k, p) of the classes, their ``shares`` (k), and a ``root`` (p, p) of the covariance within them."""

    names: tuple[str, ...]
    centres: np.ndarray
    shares: np.ndarray
    root: np.ndarray

    @classmethod
    def fit(cls, features: pd.DataFrame, labels: pd.Series) -> Source:
        """Classes of fewer than ten rows are left out; the covariance is shrunk by a tenth towards its diagonal."""
        counts = labels.value_counts()
        classes = [label for label, count in counts.items() if count >= 10]
        values = features.to_numpy(dtype=np.float64)
        centres = np.stack([values[(labels == label).to_numpy()].mean(axis=0) for label in classes])
        inside = np.concatenate([values[(labels == one).to_numpy()] - centres[i] for i, one in enumerate(classes)])
        covariance = np.cov(inside, rowvar=False)
        covariance = 0.9 * covariance + 0.1 * np.diag(np.diag(covariance))
        shares = counts[classes].to_numpy() / counts[classes].sum()
        return cls(tuple(map(str, features.columns)), centres, shares, np.linalg.cholesky(covariance))

    def draw(self, rows: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
        labels = rng.choice(len(self.shares), size=rows, p=self.shares)
        values = self.centres[labels] + rng.standard_normal((rows, len(self.names))) @ self.root.T
        return pd.DataFrame(values, columns=list(self.names)), labels


@dataclass(frozen=True, slots=True)
class Champion:
    """The rows that a model learned from, and its probabilities for rows that it did not."""

    reference: pd.DataFrame
    model: object
    answers: np.ndarray
    edges: np.ndarray

    @classmethod
    def learn(cls, source: Source, rng: np.random.Generator) -> Champion:
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        (reference, labels), (held_out, _) = source.draw(LEARNED, rng), source.draw(HELD_OUT, rng)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(reference.to_numpy(), labels)
        edges = np.quantile(reference.to_numpy(), np.linspace(0.1, 0.9, 9), axis=0)
        return cls(reference, model, model.predict_proba(held_out.to_numpy()), edges)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What every rule says of one night, and the night as it would be kept."""

    alarms: Mapping[str, bool]
    night: Night


def judge(champion: Champion, window: pd.DataFrame, number: int, seed: int, folder: Path) -> CheckResult:
    """One night: the checks of the built-in policy, and the peers on the same rows."""
    rows = detect(champion.reference, window, alpha=ROWS_SHARE * ALPHA, backend="scipy", seed=seed)
    probabilities = champion.model.predict_proba(window.to_numpy())  # type: ignore[attr-defined]
    answers = detect_predictions(
        champion.answers, probabilities, classes=None, alpha=ANSWERS_SHARE * ALPHA, backend="scipy"
    )
    alarm = rows.drifted or answers.drifted
    smallest = min(column.p_value for column in rows.columns) * len(rows.columns)
    write_columns(rows, champion.reference, window, folder / "columns.json")
    columns = read_columns(folder / "columns.json")
    night = Night(
        str(number), FIRST_DAY + timedelta(days=number), NightState.ALARM if alarm else NightState.CALM, ALPHA, 1, 1, "", "",
        data=str(number), rows=len(window), reference_rows=len(champion.reference), worst=columns.worst,
        p_value=min(rows.p_value / ROWS_SHARE, answers.p_value / ANSWERS_SHARE, 1.0), effects=columns.effects,
    )  # fmt: skip
    said = (alarm, smallest < 0.05 * len(rows.columns), smallest < 0.05, smallest < ALPHA, stability(champion, window))
    return CheckResult(dict(zip(RULES, said, strict=True)), night)


def stability(champion: Champion, window: pd.DataFrame) -> bool:
    """Whether the population stability index over the reference's deciles is above 0.2 in any column."""
    shares = [_shares(champion.edges, side.to_numpy()) for side in (champion.reference, window)]
    index = ((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum(axis=0)
    return bool((index > 0.2).any())


def _shares(edges: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(10, p) shares of the rows between the deciles; an empty bin counts as one row in ten thousand, as the peers do."""
    below = np.stack([(values <= edge).sum(axis=0) for edge in edges])
    counts = np.diff(np.concatenate([np.zeros_like(below[:1]), below, np.full_like(below[:1], len(values))]), axis=0)
    return np.maximum(counts / len(values), 1e-4)


def count_alarms(source: Source, nights: int, seed: int, folder: Path) -> dict[str, int]:
    """Alarms of each rule in a year in which nothing drifts."""
    rng = np.random.default_rng([2026, seed])
    champion = Champion.learn(source, rng)
    total = dict.fromkeys(RULES, 0)
    for number in range(nights):
        for rule, alarm in judge(champion, source.draw(WINDOW, rng)[0], number, number, folder).alarms.items():
            total[rule] += alarm
    return total


def catch_step(source: Source, seed: int, folder: Path) -> CheckResult:
    """The first night of a shift of one column by 0.5 standard deviations."""
    rng = np.random.default_rng([505, seed])
    champion = Champion.learn(source, rng)
    return judge(champion, _shifted(source, rng, champion, SHIFT), 0, seed, folder)


@dataclass(frozen=True, slots=True)
class Caught:
    """The night that alarmed (counted from the first that moved, 1), with the onset that it told, both as nights."""

    night: int
    onset: int | None
    earliest: int | None
    latest: int | None
    sentence: str


def catch_creep(source: Source, seed: int, folder: Path, most: int = 150) -> Caught | None:
    """A drift of 0.01 standard deviations a night after thirty calm nights; None where it was never caught."""
    rng = np.random.default_rng([101, seed])
    champion = Champion.learn(source, rng)
    nights: list[Night] = []
    for number in range(CALM_BEFORE + most):
        moved = max(0, number - CALM_BEFORE + 1)
        found = judge(champion, _shifted(source, rng, champion, CREEP * moved), number, number, folder)
        nights.append(found.night)
        if moved and found.alarms["gates nightly"]:
            since = tell_onset(nights)
            onset, earliest, latest = (
                None if told is None else int(told) - CALM_BEFORE + 1
                for told in (since.night, since.earliest, since.latest)
            )
            return Caught(moved, onset, earliest, latest, since.sentence)
    return None


def _shifted(source: Source, rng: np.random.Generator, champion: Champion, by: float) -> pd.DataFrame:
    name = source.names[len(source.names) // 7]
    window = source.draw(WINDOW, rng)[0]
    window[name] += by * float(champion.reference[name].std())
    return window


def read_source(data: Path | None) -> tuple[Source, str]:
    """The generator, and what it was fitted to: the lab's file, else the synthetic stand-in."""
    if data is not None:
        frame, told = pd.read_csv(data), data.name
    else:
        import io

        from ml.sample import lab

        frame, told = pd.read_csv(io.StringIO(lab())), "the synthetic stand-in of ml.sample"
    return Source.fit(frame.drop(columns=["cord_uid", "cluster"]), frame["cluster"]), told


def tell(options: Options) -> Iterator[str]:
    source, told = read_source(options.data)
    years, nights = options.choose(2, 5), options.choose(60, 365)
    steps, creeps = options.choose(5, 40), options.choose(1, 10)
    yield (
        f"Rows drawn from a generator fitted to {told}: {len(source.names)} columns, {LEARNED} rows learned from, {WINDOW} rows a"
        f" night, {nights} nights a year, seeds [2026, year], [505, run], [101, run]. Budget: one false alarm a year."
    )
    yield ""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        counts = [count_alarms(source, nights, year, folder) for year in range(years)]
        caught = [catch_step(source, seed, folder).alarms for seed in range(steps)]
        rows = [
            (
                rule, *(year[rule] for year in counts), max(year[rule] for year in counts),
                Rate(sum(one[rule] for one in caught), steps),
            )
            for rule in RULES
        ]  # fmt: skip
        head = ("rule", *(f"year {year + 1}" for year in range(years)), "worst", "0.5 sd in one column, first night")
        yield f"Alarms in years without drift, {nights} nights each, and shifts caught on their first night:"
        yield ""
        yield from table(head, rows)
        yield ""
        yield f"A drift of {CREEP} sd a night in one column, from night 1 on, after {CALM_BEFORE} calm nights:"
        yield ""
        creep = [catch_creep(source, seed, folder) for seed in range(creeps)]
        lines = [
            (seed + 1, one.night, f"{CREEP * one.night:.2f} sd", one.onset, f"{one.earliest} to {one.latest}")
            if one
            else (seed + 1, "never", "", "", "")
            for seed, one in enumerate(creep)
        ]
        yield from table(("run", "caught on night", "shift then", "onset told", "its bounds"), lines)
        seen = [one for one in creep if one]
        if seen:
            yield ""
            yield f"What run 1 printed: {seen[0].sentence}"
