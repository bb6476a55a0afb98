"""Report the trials: one line for each as it ends, each survivor with its remedy, the score, and all of it as a document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gates.policy.records import GATES
from gates.reports.progress import Progress
from gates.selftest.mutant import Mutant, Score, Trial

SCHEMA = 2
_WIDTH = 150  # characters of a sentence on a line; the document has all of it


def tell_trial(progress: Progress, trial: Trial, number: int, of: int) -> None:
    """Print how a mutant ended, as number ``number`` of ``of``, and on a second line who noticed it and why."""
    word = "killed" if trial.killed else "left out" if trial.left_out else "SURVIVED"
    style = "bad" if trial.survived else "dim" if trial.left_out else ""
    count = f"{number:>{len(str(of))}}/{of}"
    progress.line(f"{count}  {word:8}  {trial.mutant.name}: {trial.mutant.fault}", style)
    if trial.killed:
        first, more = trial.kills[0], len(trial.kills) - 1
        check = (
            first.reason.check.rpartition("/")[2].replace(".py::test_", ": ").removeprefix("test_").replace("_", " ")
        )
        where = f"{first.by}{f', {check}' if check else ''}"
        also = f" (and {more} more)" if more else ""
        progress.line(f"{'':{len(count)}}  {where}: {_short(first.reason.text)}{also}", "dim")
    elif trial.left_out:
        progress.line(f"{'':{len(count)}}  {_short(trial.left_out)}", "dim")


def tell_score(progress: Progress, trials: Sequence[Trial], required: float) -> None:
    """Print the score of each family, every survivor with its remedy, and the whole score; ``required`` is a share, 0 to 1."""
    progress.line()
    for family in dict.fromkeys(trial.mutant.family for trial in trials):
        score = Score.of([trial for trial in trials if trial.mutant.family == family])
        progress.line(f"  {family:10} {score}" if score.tried else f"  {family:10} none could be made")
    survivors = [trial for trial in trials if trial.survived]
    for trial in survivors:
        mutant = trial.mutant
        by = f"the {mutant.gate} gate" if mutant.gate in GATES else f"the {mutant.gate}"
        progress.line(f"SURVIVED  {mutant.name}: {mutant.fault}; {by} {_missed(trial)}", "bad")
        progress.line(f"          {mutant.remedy}", "bad")
    score = Score.of(trials)
    wanted = f", wanted {100 * required:g} %" if required < 1 or survivors else ""
    progress.line(f"{score}{wanted}", "good" if score.share >= required else "bad")


def tell_list(progress: Progress, mutants: Sequence[Mutant]) -> None:
    """Print every mutant with its family and its fault, and how many there are."""
    for mutant in mutants:
        progress.line(f"{mutant.family:10} {mutant.name:30} {mutant.fault}")
    progress.line(f"{len(mutants)} mutants")


def describe(trials: Sequence[Trial], required: float, policy: str) -> Mapping[str, object]:
    """Return all trials as plain values, for ``--json``; ``required`` is a share, 0 to 1, and ``policy`` a digest."""
    score = Score.of(trials)
    return {
        "schema": SCHEMA,
        "policy": policy,
        "killed": score.killed,
        "tried": score.tried,
        "score": score.share,
        "required": required,
        "mutants": [
            {
                "name": trial.mutant.name,
                "family": trial.mutant.family,
                "fault": trial.mutant.fault,
                "outcome": "killed" if trial.killed else "left out" if trial.left_out else "survived",
                "left_out": trial.left_out,
                "remedy": trial.mutant.remedy if trial.survived else "",
                "seconds": round(trial.seconds, 3),
                "codes": sorted(trial.mutant.codes),
                "caught": [{"by": detection.by, **detection.reason.as_json()} for detection in trial.detections],
            }
            for trial in trials
        ],
    }


def _missed(trial: Trial) -> str:
    """Return what happened instead of a kill: it passed, or it was refused for reasons that are about something else."""
    if not trial.detections:
        return "let it pass"
    codes = ", ".join(dict.fromkeys(str(detection.reason.code) for detection in trial.detections))
    return f"refused it for another reason ({codes}; wanted {' or '.join(sorted(trial.mutant.codes))})"


def _short(sentence: str) -> str:
    line = next((line.strip() for line in sentence.splitlines() if line.strip()), "")
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
