"""The nested form: suite files, invariants and thresholds; what a project adds to what it extends, and where a line is from."""

from pathlib import Path
from textwrap import dedent

import pytest

from gates.errors import ConfigError
from gates.policy.layers import read_effective
from gates.policy.reader import read_policy
from gates.policy.records import GATES

ROOT = Path(__file__).parents[2]
EIGHT_LINES = """\
[tool.gates]
extends = "gates:standard"
[tool.ml]
name = "churn"
id = "customer"
target = "churned"
task = "classification"
train = "train:fit"
"""
OWN = """\
[tool.gates]
work = "small.work:open_work"
first_model = "floors"

[tool.gates.data]
suite = "checks"

[tool.gates.data."test_rows.py"]
invariants = ["every_row_counts"]
thresholds.there_are_enough_rows = { rows = ">= 100", unless = "no_champion", accept = "drift" }
unless.every_row_counts = ["no_new_rows"]
without = ["test_nobody_asks"]
"""
SUITE = "def test_every_row_counts(): pass\ndef test_there_are_enough_rows(): pass\ndef test_nobody_asks(): pass\n"


class Place:
    """A project's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("checks/test_rows.py", SUITE)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))

    def policy(self, text: str):
        self.write("pyproject.toml", text)
        return read_policy(self.root / "pyproject.toml")

    def effective(self, text: str):
        self.write("pyproject.toml", text)
        return read_effective(self.root / "pyproject.toml")

    def faults(self, text: str) -> str:
        with pytest.raises(ConfigError) as refused:
            self.policy(text)
        assert refused.value.exit_code == 2
        return "\n".join(refused.value.faults)


@pytest.fixture
def place(tmp_path) -> Place:
    return Place(tmp_path)


def test_a_file_names_its_invariants_and_thresholds(place):
    gate = place.policy(OWN).gates["data"]
    counts, enough = gate.checks.values()
    assert counts.name == "checks/test_rows.py::test_every_row_counts"
    assert counts.invariant
    assert counts.unless == ("no_new_rows",)
    assert enough.name == "checks/test_rows.py::test_there_are_enough_rows"
    assert not enough.invariant
    assert {id: str(bound) for id, bound in enough.bounds.items()} == {"rows": ">= 100"}
    assert (enough.unless, enough.accept) == (("no_champion",), "drift")
    assert gate.without == ("checks/test_rows.py::test_nobody_asks",)


def test_a_check_may_be_an_invariant_and_have_thresholds(place):
    text = OWN.replace('["every_row_counts"]', '["every_row_counts", "there_are_enough_rows"]')
    check = place.policy(text).gates["data"].checks["checks/test_rows.py::test_there_are_enough_rows"]
    assert check.invariant
    assert set(check.bounds) == {"rows"}


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        ("every_row_counts", "every_row_count", ["'every_row_count' is no check of this file; did you mean 'every_row_counts'?"]),
        ('data."test_rows.py"', 'data."test_row.py"', ["is no file of the gate's suite; did you mean 'test_rows.py'?"]),
        ("test_nobody_asks", "nobody_ask", ["'nobody_ask' is no check of this file; did you mean 'nobody_asks'?"]),
        ("test_nobody_asks", "every_row_counts", ["without names 'every_row_counts', which is required beside it"]),
        ("unless.every_row_counts", "unless.somebody", ["'somebody' is no check that this file requires"]),
        ('["no_new_rows"]', '["no_new_row"]', ["names 'no_new_row', wanted no_champion or", "did you mean 'no_new_rows'?"]),
        ("unless.every_row_counts", "unless.there_are_enough_rows", ["unless says two things of 'there_are_enough_rows'"]),
        ("invariants", "invariant", ["invariant is not a key that exists", "did you mean 'invariants'?"]),
        ('["every_row_counts"]', "3", ["invariants is 3, wanted a list of texts"]),
        ('{ rows = ">= 100"', '{ rows = "about 100"', ["rows is no bound: 'about 100' is not a bound"]),
        ('suite = "checks"', 'suite = "gates:date"', ["names 'gates:date', which Gates does not ship", "mean 'gates:data'?"]),
        ('suite = "checks"', 'suite = ["checks", "checks"]', ["'checks', which is named already by another part"]),
        ('"floors"', '"floors"\nextends = "gates:standart"', ["is 'gates:standart', wanted 'gates:standard' or 'gates:stand"]),
        ('"floors"', '"floors"\nextends = 3', ["extends in pyproject.toml is 3, wanted"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_the_nearest_spelling(old, new, sentences, place):
    assert old in OWN
    faults = place.faults(OWN.replace(old, new, 1))
    for sentence in sentences:
        assert sentence in faults


def test_all_faults_are_given_at_once(place):
    text = OWN.replace("every_row_counts", "x").replace(">= 100", "100").replace('"floors"', '"floor"')
    assert len(place.faults(text).splitlines()) == 3


def test_a_file_name_that_two_parts_have_is_ambiguous_and_its_full_label_is_not(place):
    place.write("more/test_rows.py", SUITE)
    text = OWN.replace('suite = "checks"', 'suite = ["checks", "more"]')
    assert "'test_rows.py' may be 'checks/test_rows.py' or 'more/test_rows.py'" in place.faults(text)
    full = text.replace('"test_rows.py"', '"more/test_rows.py"')
    assert {name.partition("::")[0] for name in place.policy(full).gates["data"].checks} == {"more/test_rows.py"}


def test_a_file_of_ones_own_may_have_the_name_of_a_shipped_one(place):
    place.write("checks/test_values.py", "def test_mine(): pass\n")
    text = EIGHT_LINES + (
        '[tool.gates.data]\nsuite = ["gates:data", "checks"]\n'
        '[tool.gates.data."checks/test_values.py"]\ninvariants = ["mine"]\n'
        '[tool.gates.data."gates:data/test_values.py"]\nwithout = ["every_number_is_finite"]\n'
    )
    gate = place.policy(text).gates["data"]
    assert "checks/test_values.py::test_mine" in gate.checks
    assert "gates:data/test_values.py::test_every_number_is_in_range" in gate.checks
    assert gate.without == ("gates:data/test_values.py::test_every_number_is_finite",)


def test_eight_lines_have_all_four_gates(place):
    policy = place.policy(EIGHT_LINES)
    assert not set(GATES) - set(policy.gates)
    assert policy.work == "gates.work.backends.local:open_work"
    assert policy.first_model == "floors"
    assert all(part.shipped for gate in policy.gates.values() for part in gate.suite)
    assert policy.gates["model"].conditions == {"no_floor": True}


def test_a_floor_is_added_beside_what_the_standard_says(place):
    floor = '[tool.gates.model."test_floors.py"]\nthresholds.challenger_clears_the_floor = { accuracy = ">= 0.9" }\n'
    policy = place.policy(EIGHT_LINES + floor).gates["model"]
    check = policy.checks["gates:model/test_floors.py::test_challenger_clears_the_floor"]
    assert {id: str(bound) for id, bound in check.bounds.items()} == {"accuracy": ">= 0.9"}
    assert check.unless == ("no_floor",)
    assert policy.conditions == {"no_floor": False}


BELOW = OWN.replace("[tool.gates]", "[tool.gates]\nmax_age = '2h'")
COUNTS = {"every_row_counts": {"!": "no_new_rows"}}
ENOUGH = {"rows": ">= 100", "!": "no_champion"}
ABOVE = """\
[tool.gates]
extends = "below.toml"
max_age = "1h"

[tool.gates.data."test_rows.py"]
"""


@pytest.mark.parametrize(
    ("lines", "checks"),
    [
        ("", COUNTS | {"there_are_enough_rows": ENOUGH}),
        ('invariants = ["nobody_asks"]', COUNTS | {"there_are_enough_rows": ENOUGH, "nobody_asks": {}}),
        ('thresholds.there_are_enough_rows = { rows = ">= 5" }', COUNTS | {"there_are_enough_rows": ENOUGH | {"rows": ">= 5"}}),
        (
            'thresholds.there_are_enough_rows = { more = "> 0", unless = [] }',
            COUNTS | {"there_are_enough_rows": {"rows": ">= 100", "more": "> 0"}},
        ),
        ('thresholds.there_are_enough_rows = { rows = "none" }', COUNTS | {"there_are_enough_rows": {"!": "no_champion"}}),
        ('without = ["every_row_counts"]', {"there_are_enough_rows": ENOUGH}),
    ],
)  # fmt: skip
def test_invariants_are_united_and_thresholds_merged_key_by_key(lines, checks, place):
    place.write("below.toml", BELOW)
    policy = place.policy(ABOVE + lines)
    found = {
        name.rpartition("::test_")[2]: {id: str(bound) for id, bound in check.bounds.items()}
        | ({"!": ", ".join(check.unless)} if check.unless else {})
        for name, check in policy.gates["data"].checks.items()
    }
    assert found == checks


def test_what_is_required_again_is_not_left_out_any_more(place):
    place.write("below.toml", BELOW)
    policy = place.policy(ABOVE + 'invariants = ["nobody_asks"]')
    assert policy.gates["data"].without == ()


def test_a_suite_of_ones_own_instead_of_the_shipped_one_takes_its_checks_along(place):
    own = '[tool.gates.data]\nsuite = "checks"\n[tool.gates.data."test_rows.py"]\ninvariants = ["every_row_counts"]\n'
    gate = place.policy(EIGHT_LINES + own).gates["data"]
    assert list(gate.checks) == ["checks/test_rows.py::test_every_row_counts"]


def test_every_value_knows_where_it_came_from(place):
    place.write("below.toml", BELOW)
    effective = place.effective(ABOVE + 'invariants = ["nobody_asks"]\nthresholds.there_are_enough_rows.more = "> 0"')
    file = ("data", "checks/test_rows.py")
    origins = {path[1:] if path[0] == "x" else path: origin for path, origin in effective.origins.items()}
    assert origins["max_age",] == "pyproject.toml"
    assert origins["work",] == "below.toml"
    assert origins[*file, "invariants", "every_row_counts"] == "below.toml"
    assert origins[*file, "invariants", "nobody_asks"] == "pyproject.toml"
    assert origins[*file, "thresholds", "there_are_enough_rows", "rows"] == "below.toml"
    assert origins[*file, "thresholds", "there_are_enough_rows", "more"] == "pyproject.toml"
    assert origins["nightly", "window"] == "gates:standard"


def test_the_digest_covers_what_is_extended(place):
    place.write("below.toml", BELOW)
    before = place.policy(ABOVE).digest
    place.write("below.toml", BELOW.replace(">= 100", ">= 99"))
    assert read_policy(place.root / "pyproject.toml").digest != before


def test_the_order_of_the_effective_policy_does_not_depend_on_the_run(place):
    first, again = place.effective(EIGHT_LINES), read_effective(place.root / "pyproject.toml")
    assert repr(first.tool) == repr(again.tool)
    assert list(read_policy(place.root / "pyproject.toml").gates)[:4] == list(GATES)


def test_a_gate_that_is_not_there_is_not_configured(place):
    policy = place.policy(OWN)
    policy.require("data")
    with pytest.raises(ConfigError, match=r"the model gate is not configured: there is no \[tool.gates.model\]"):
        policy.require("data", "model", "drift")


def test_the_policy_of_this_repository_is_the_standard_and_its_own_lines():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = [line for line in text[text.index("[tool.gates]") :].splitlines() if line and not line.startswith("#")]
    assert len(lines) <= 25
    assert read_effective(ROOT / "pyproject.toml").faults == ()
