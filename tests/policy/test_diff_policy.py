"""A change that lets more through is named and ends with 1, and so does one of which nobody can say; a stricter one does not."""

import subprocess
import tomllib
from pathlib import Path

import pytest
from small_project import PYPROJECT

from gates.cli import main
from gates.errors import ConfigError
from gates.evidence import Bound
from gates.policy.diff import compare_policies
from gates.policy.layers import STANDARD, Disk, read_effective
from gates.policy.ordering import Direction, compare_bounds

OLD = (
    PYPROJECT.replace(
        "[tool.gates.data]",
        """max_age = "24h"
require_lock = true
max_waivers = 2
longest_waiver = "7d"

[[tool.gates.waivers]]
check = "model_checks/test_floors.py::test_answers"
owner = "Ada"
reason = "known"
expires = 2026-12-01

[tool.gates.promotion]
approvals = 2
timeout = "12h"
approvers = [{ name = "Ada", key = "a" }, { name = "Bo", key = "b" }]
break_glass = [{ name = "Ada", key = "a" }]

[tool.gates.trust]
gate = ["aa", "bb"]

[tool.ml]
slices = ["country", "age"]
params = { max_depth = 5 }
holdout_share = 0.33

[tool.gates.data]""",
    )
    .replace(
        'settings = { metrics = ["accuracy", "macro_f1"] }',
        'settings = { metrics = ["accuracy", "macro_f1"], slice_margin = 0.05, slice_gap = 0.15, slice_minimum = 20, own = 1 }',
    )
    .replace(
        "[tool.gates.data]",
        """[tool.gates.nightly]
false_alarms_per_year = 2

[tool.gates.data]
settings = { alpha = 0.01, drift = { smallest_shift = 0.5, effect_floor = false, seed = 1 } }""",
    )
)
ADA = '{ name = "Ada", key = "a" }'
FLOOR = '{ accuracy = ">= 0.8" }'
WAIVER = OLD[OLD.index("[[tool.gates.waivers]]") : OLD.index("[tool.gates.promotion]")]
CLEARS = "model gate, model_checks/test_floors.py::test_clears_the_floor"

LOOSENED = {
    "pickles trusted": (
        "max_waivers = 2",
        'max_waivers = 2\ntrust_pickle = "our own"',
        "[tool.gates] trust_pickle: from absent to our own",
    ),
    "a bound": (">= 0.8", ">= 0.7", f"{CLEARS}: the bound of accuracy: from >= 0.8 to >= 0.7"),
    "a bound to its edge": ('accuracy = ">= 0.8"', 'accuracy = ">= 0.79999"', "from >= 0.8 to >= 0.79999"),
    "a bound removed": (FLOOR, "{}", f"{CLEARS}: the bound of accuracy (>= 0.8) was removed"),
    "a check removed": (
        '"model_checks/test_floors.py::test_answers" = {}',
        "",
        "model gate: the check model_checks/test_floors.py::test_answers was removed",
    ),
    "a gate removed": ("[tool.gates.model", "[tool.other.model", "the model gate was removed, with its checks"),
    "a condition added": (
        FLOOR,
        '{ accuracy = ">= 0.8", unless = ["no_champion"] }',
        f"{CLEARS}: the condition no_champion was added",
    ),
    "another condition": ('unless = "no_key"', 'unless = ["no_key", "regression"]', "the condition regression was added"),
    "accept added": (FLOOR, '{ accuracy = ">= 0.8", accept = "drift" }', f"{CLEARS}: accept: from none to drift"),
    "a waiver added": (
        WAIVER,
        WAIVER + WAIVER.replace("test_answers", "test_clears_the_floor"),
        "the waiver model_checks/test_floors.py::test_clears_the_floor was added",
    ),
    "a waiver extended": (
        "2026-12-01",
        "2027-12-01",
        "the waiver model_checks/test_floors.py::test_answers, expires: from datetime.date(2026, 12, 1)",
    ),
    "more waivers": ("max_waivers = 2", "max_waivers = 9", "[tool.gates] max_waivers: from 2 to 9"),
    "more waivers by default": ("max_waivers = 2\n", "", "[tool.gates] max_waivers: from 2 to 3"),
    "longer waivers": ('"7d"', '"8d"', "[tool.gates] longest_waiver: from 7d to 8d"),
    "max_age lengthened": ('max_age = "24h"', 'max_age = "2d"', "[tool.gates] max_age: from 24h to 2d"),
    "a gate's time lengthened": ('"20s"', '"1h"', "model gate, timeout: from 20s to 1h"),
    "a gate's time taken out": ('timeout = "20s"\n', "", "model gate, timeout: from 20s to 10m"),
    "inconclusive warns": (
        'timeout = "20s"',
        'timeout = "20s"\ninconclusive = "warn"',
        "model gate, inconclusive: from block to warn",
    ),
    "first_model": (None, None, "[tool.gates] first_model: from refuse to floors"),
    "require_lock off": ("require_lock = true", "require_lock = false", "[tool.gates] require_lock: from True to False"),
    "require_lock out": ("require_lock = true\n", "", "[tool.gates] require_lock: from True to False"),
    "fewer approvals": ("approvals = 2", "approvals = 1", "[tool.gates.promotion] approvals: from 2 to 1"),
    "an approver added": (f"[{ADA}, {{", f"[{ADA}, {{ name = 'Cy', key = 'c' }}, {{", "the approver Cy was added"),
    "a key trusted more": ('["aa", "bb"]', '["aa", "bb", "cc"]', "the trusted gate key cc was added"),
    "any key trusted": ('gate = ["aa", "bb"]\n', "", "[tool.gates.trust] gate: from ['aa', 'bb'] to absent"),
    "own runs": ("approvals = 2", "approvals = 2\nown_runs = true", "[tool.gates.promotion] own_runs: from False to True"),
    "a longer wait": ('"12h"', '"13h"', "[tool.gates.promotion] timeout: from 12h to 13h"),
    "break-glass for more": (
        f"break_glass = [{ADA}]",
        f"break_glass = [{ADA}, {{ name = 'Cy', key = 'c' }}]",
        "the person who may break the glass Cy was added",
    ),
    "a wider slice margin": ("slice_margin = 0.05", "slice_margin = 0.06", "settings slice_margin: from 0.05 to 0.06"),
    "a wider slice gap": ("slice_gap = 0.15", "slice_gap = 0.2", "model gate, settings slice_gap: from 0.15 to 0.2"),
    "smaller slices left out": ("slice_minimum = 20", "slice_minimum = 99", "settings slice_minimum: from 20 to 99"),
    "a smaller alpha": ("alpha = 0.01", "alpha = 0.001", "data gate, settings alpha: from 0.01 to 0.001"),
    "contradictions let through": ("alpha = 0.01", "alpha = 0.01, contradictions = 0.1", "contradictions: from 0.01 to 0.1"),
    "a larger smallest shift": ("smallest_shift = 0.5", "smallest_shift = 1.0", "settings drift smallest_shift: from 0.5 to 1.0"),
    "an effect floor": ("effect_floor = false", "effect_floor = true", "settings drift effect_floor: from False to True"),
    "fewer alarms a night": ("per_year = 2", "per_year = 1", "nightly gate, false_alarms_per_year: from 2 to 1"),
    "a longer silence": ("per_year = 2", "per_year = 2\nstale_after = '9d'", "nightly gate, stale_after: from 3d to 9d"),
    "a metric removed": ('"accuracy", "macro_f1"', '"accuracy"', "model gate, settings metrics: macro_f1 was removed"),
    "a slice column removed": ('["country", "age"]', '["country"]', "the slice column age was removed"),
    "every slice column removed": ('slices = ["country", "age"]\n', "", "the slice column country was removed"),
}  # fmt: skip

UNCLEAR = {
    "a bound turned round": (">= 0.8", "<= 0.8", "the bound of accuracy: from >= 0.8 to <= 0.8; cannot say"),
    "a bound that is none": (">= 0.8", "about 0.8", "the bound of accuracy: from >= 0.8 to about 0.8; cannot say"),
    "a check that is no table": ('test_answers" = {}', 'test_answers" = 1', "test_answers: from {} to 1; cannot say"),
    "a setting of the user's": ("own = 1", "own = 2", "model gate, settings own: from 1 to 2; cannot say"),
    "a setting that became true": ("own = 1", "own = true", "model gate, settings own: from 1 to True; cannot say"),
    "another seed": ("seed = 1", "seed = 2", "settings drift seed: from 1 to 2; cannot say"),
    "a setting taken out": (", own = 1", "", "model gate, settings own: from 1 to absent; cannot say"),
    "a margin taken out": ("slice_margin = 0.05, ", "", "settings slice_margin: from 0.05 to absent; cannot say"),
    "a margin that is NaN": ("slice_margin = 0.05", "slice_margin = nan", "slice_margin: from 0.05 to nan; cannot say"),
    "an unknown key": ("require_lock = true", "require_lock = true\nlax = 1", "[tool.gates] lax: from absent to 1; cannot"),
    "another suite": ('suite = "data_checks"', 'suite = "x"', "data gate, suite: from data_checks to x; cannot say"),
    "another work": ("small.work:open", "big.work:open", "[tool.gates] work: from small.work:open_work to big.work"),
    "a time that is none": ('"24h"', '"soon"', "[tool.gates] max_age: from 24h to soon; cannot say"),
    "another key of an approver": (f"[{ADA}, {{", '[{ name = "Ada", key = "z" }, {', "the approver Ada, key: from a to z"),
    "another owner of a waiver": ('"known"', '"still"', "test_answers, reason: from known to still; cannot say"),
    "approvers without names": (f"[{ADA}, {{", '[{ key = "a" }, {', "the list of every approver: from [{"),
    "what a time-out does": ("approvals = 2", 'approvals = 2\non_timeout = "pass"', "on_timeout: from absent to pass"),
    "another split": ("holdout_share = 0.33", "holdout_share = 0.33\nsplit = 'time'", "[tool.ml] split: from id to time; cannot"),
    "weighted rows": ("holdout_share = 0.33", "holdout_share = 0.33\nweight = 'w'", "[tool.ml] weight: from absent to w; cannot"),
    "another spelling of missing": ("holdout_share = 0.33", "holdout_share = 0.33\nmissing = ['']", "[tool.ml] missing: from"),
    "another holdout": ("holdout_share = 0.33", "holdout_share = 0.1", "[tool.ml] holdout_share: from 0.33 to 0.1"),
    "metrics that are no texts": ('["accuracy", "macro_f1"]', "3", "model gate, settings metrics: from ['accuracy'"),
}  # fmt: skip

TIGHTENED = {
    "a bound": (">= 0.8", ">= 0.9", "the bound of accuracy: from >= 0.8 to >= 0.9"),
    "a bound without its edge": (">= 0.8", "> 0.8", "the bound of accuracy: from >= 0.8 to > 0.8"),
    "a bound to one value": (">= 0.8", "== 0.9", "the bound of accuracy: from >= 0.8 to == 0.9"),
    "a bound added": (FLOOR, '{ accuracy = ">= 0.8", f1 = "> 0" }', "the bound of f1 (> 0) was added"),
    "a check added": (
        '"model_checks/test_floors.py::test_answers" = {}',
        '"model_checks/test_floors.py::test_answers" = {}\n"a.py::b" = {}',
        "model gate: the check a.py::test_b was added",
    ),
    "a condition removed": ('{ unless = "no_key" }', "{}", "the condition no_key was removed"),
    "accept removed": ('accept = "drift", ', "", "accept: from drift to none"),
    "a waiver removed": (WAIVER, "", "the waiver model_checks/test_floors.py::test_answers was removed"),
    "a waiver shortened": ("2026-12-01", "2026-11-30", "test_answers, expires: from"),
    "max_age shortened": ('max_age = "24h"', 'max_age = "90s"', "[tool.gates] max_age: from 24h to 90s"),
    "no first model": ('"floors"', '"refuse"', "[tool.gates] first_model: from floors to refuse"),
    "more approvals": ("approvals = 2", "approvals = 3", "[tool.gates.promotion] approvals: from 2 to 3"),
    "an approver removed": (f"[{ADA}, {{", "[{", "the approver Ada was removed"),
    "a key trusted less": ('["aa", "bb"]', '["aa"]', "the trusted gate key bb was removed"),
    "the decisions' key named": ('gate = ["aa"', 'gatekeeper = ["cc"]\ngate = ["aa"', "trust] gatekeeper: from absent to"),
    "a landmark kept": ("max_waivers = 2", 'max_waivers = 2\nlandmark = "l"', "[tool.gates] landmark: from absent to l"),
    "a larger alpha": ("alpha = 0.01", "alpha = 0.05", "settings alpha: from 0.01 to 0.05"),
    "a narrower margin": ("slice_margin = 0.05", "slice_margin = 0.01", "settings slice_margin: from 0.05 to 0.01"),
    "a slice column added": ('"age"]', '"age", "sex"]', "the slice column sex was added"),
    "rows kept together": ("holdout_share = 0.33", "holdout_share = 0.33\ngroup = 'p'", "[tool.ml] group: from absent to p"),
    "a metric added": ('"macro_f1"]', '"macro_f1", "roc_auc"]', "model gate, settings metrics: roc_auc was added"),
}  # fmt: skip

BESIDE = {
    "training": ("max_depth = 5", "max_depth = 4", "[tool.ml] params: from {'max_depth': 5} to {'max_depth': 4}"),
    "spelling of a bound": (">= 0.8", ">= 0.80", "the bound of accuracy: from >= 0.8 to >= 0.80"),
}


class Text:
    """A policy without any file beside it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def toml(self, path):
        return Disk().toml(path) if path in STANDARD.values() else tomllib.loads(self.text)

    def content(self, path):
        return None


def compare(before: str, after: str):
    place = Path("/nowhere/policy.toml")
    return compare_policies(*(read_effective(place, Text(text)).tool for text in (before, after)))


def bent(old: str | None, new: str | None) -> tuple[str, str]:
    if old is None:
        return OLD.replace('"floors"', '"refuse"'), OLD
    assert old in OLD
    return OLD, OLD.replace(old, new)


@pytest.mark.parametrize(
    ("direction", "old", "new", "sentence"),
    [
        pytest.param(direction, *case, id=f"{direction}: {name}")
        for direction, cases in zip(
            (Direction.LOOSENED, Direction.UNCLEAR, Direction.TIGHTENED, Direction.BESIDE),
            (LOOSENED, UNCLEAR, TIGHTENED, BESIDE),
            strict=True,
        )
        for name, case in cases.items()
    ],
)
def test_a_change_is_named_with_where_it_goes(direction, old, new, sentence):
    changes = compare(*bent(old, new))
    found = [change for change in changes if sentence in change.sentence]
    assert [change.direction for change in found] == [direction], changes
    assert found[0].weakens == (direction in (Direction.LOOSENED, Direction.UNCLEAR))


@pytest.mark.parametrize(("old", "new", "sentence"), LOOSENED.values(), ids=list(LOOSENED))
def test_taking_a_loosening_back_is_no_loosening(old, new, sentence):
    """Every rule knows both ways."""
    before, after = bent(old, new)
    assert not any(change.direction is Direction.LOOSENED for change in compare(after, before))


@pytest.mark.parametrize(
    ("share", "direction"), [("0.5", Direction.LOOSENED), ("0.9", Direction.TIGHTENED), ("0.80", Direction.BESIDE)]
)
def test_a_share_of_a_nights_alpha_is_compared(share, direction):
    night = (
        '[tool.gates.nightly."test_newest_rows.py".thresholds]\nthey_look_like_those_the_champion_learned_from.drift = '
    )
    changes = compare(OLD, OLD.replace("[tool.ml]", f'{night}">= {share} alpha"\n\n[tool.ml]'))
    assert [change.direction for change in changes] == [direction]


def test_equal_policies_have_no_changes():
    assert compare(OLD, OLD) == ()
    assert compare(OLD, "# a comment\n" + OLD) == ()


@pytest.mark.parametrize("old", [">= 1", "> 1", "<= 1", "< 1", "== 1", ">= 2", "> 2", "<= 0", "< 2", "== 0.5"])
@pytest.mark.parametrize("new", [">= 1", "> 1", "<= 1", "< 1", "== 1", ">= 2", "> 2", "<= 0", "< 2", "== 0.5"])
def test_a_stricter_bound_lets_nothing_through_that_was_held_back(old, new):
    before, after = Bound.parse(old), Bound.parse(new)
    values = [number / 4 for number in range(-8, 16)]
    more = any(after.holds(value) and not before.holds(value) for value in values)
    less = any(before.holds(value) and not after.holds(value) for value in values)
    expected = {
        (False, False): Direction.BESIDE,
        (False, True): Direction.TIGHTENED,
        (True, False): Direction.LOOSENED,
        (True, True): Direction.UNCLEAR,
    }
    assert compare_bounds(old, new) is expected[more, less]


@pytest.fixture
def files(tmp_path):
    def write(before: str, after: str) -> list[str]:
        (tmp_path / "old.toml").write_text(before)
        (tmp_path / "new.toml").write_text(after)
        return [str(tmp_path / "old.toml"), str(tmp_path / "new.toml")]

    return write


@pytest.mark.parametrize(
    ("case", "code", "last"),
    [
        (LOOSENED["a bound"], 1, "1 of 1 changes let more through, or may: each needs a reason"),
        (UNCLEAR["a setting of the user's"], 1, "1 of 1 changes let more through, or may: each needs a reason"),
        (TIGHTENED["a bound"], 0, "nothing was loosened"),
        (BESIDE["training"], 0, "nothing was loosened"),
        (("x" * 0, "", ""), 0, "nothing changed"),
    ],
)
def test_the_command_ends_with_one_when_more_may_get_through(case, code, last, files, capsys):
    old, new, sentence = case
    assert main(["diff-policy", *files(*(bent(old, new) if old else (OLD, OLD)))]) == code
    told = capsys.readouterr().out
    assert sentence in told
    assert told.splitlines()[-1] == last


def test_what_is_extended_is_compared_too(files, capsys, tmp_path):
    (tmp_path / "below.toml").write_text(OLD)
    extended = '[tool.gates]\nextends = "below.toml"\n[tool.gates.model]\ninconclusive = "warn"\n'
    assert main(["diff-policy", *files(OLD, extended)]) == 1
    assert "loosened   model gate, inconclusive: from block to warn" in capsys.readouterr().out


def git(folder, *arguments: str) -> None:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_policy_of_another_revision_is_compared(tmp_path, monkeypatch, capsys):
    git(tmp_path, "init", "-q", ".")
    (tmp_path / "below.toml").write_text(OLD)
    (tmp_path / "policy.toml").write_text('[tool.gates]\nextends = "below.toml"\n')
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "before")
    (tmp_path / "below.toml").write_text(OLD.replace(">= 0.8", ">= 0.5"))
    monkeypatch.chdir(tmp_path)
    assert main(["diff-policy", "HEAD:policy.toml", "policy.toml"]) == 1
    assert "from >= 0.8 to >= 0.5" in capsys.readouterr().out
    assert main(["diff-policy", "policy.toml", "policy.toml"]) == 0


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("gone.toml", "gone.toml does not exist"),
        ("HEAD:gone.toml", "gone.toml of the revision 'HEAD' cannot be read"),
        ("--output=x:policy.toml", "'--output=x' is no revision"),
        (":policy.toml", "'' is no revision"),
        ("torn.toml", "torn.toml cannot be read as TOML"),
        ("other.toml", "other.toml has no [tool.gates]"),
    ],
)
def test_what_is_no_policy_is_refused(source, sentence, tmp_path, monkeypatch):
    from gates.cli.diff_policy import _read

    monkeypatch.chdir(tmp_path)
    (tmp_path / "torn.toml").write_text("[tool")
    (tmp_path / "other.toml").write_text("[tool.other]\n")
    with pytest.raises(ConfigError) as refused:
        _read(source)
    assert sentence in refused.value.message
    assert refused.value.exit_code == 2
