"""A table is read against its declarations, strictly, and every fault comes with its place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gates.toml_reader import Key, KeyKind, Table, listed

KEYS = (
    Key("name", KeyKind.TEXT, "The name.", required=True, pattern="[a-z]+", wanted="small letters"),
    Key("colour", KeyKind.TEXT, "The colour.", "red", choices=("red", "green")),
    Key("tags", KeyKind.TEXTS, "The tags."),
    Key("owners", KeyKind.TEXT_OR_TEXTS, "The owners."),
    Key("strict", KeyKind.FLAG, "Whether it is strict.", True),
    Key("count", KeyKind.WHOLE, "The count.", 3, least=1, most=9),
    Key("steps", KeyKind.WHOLES, "The steps.", (10,), above=0, below=100),
    Key("share", KeyKind.NUMBER, "The share.", 0.5, above=0.0, below=1.0),
    Key("wait", KeyKind.DURATION, "The time to wait.", "1h"),
    Key("extra", KeyKind.SCALARS, "What else there is."),
    Key("inner", KeyKind.TABLE, "A table.", keys=(Key("size", KeyKind.WHOLE, "The size.", 1, least=0),)),
    Key("people", KeyKind.TABLES, "The people.", keys=(Key("name", KeyKind.TEXT, "The name.", required=True),)),
)


def read(content: dict[str, object]) -> tuple[dict[str, object], list[str]]:
    table = Table("tool.x", content, [], KEYS)
    values: dict[str, object] = {
        "name": table.text("name"), "colour": table.text("colour"), "tags": table.texts("tags"), "owners": table.texts("owners"),
        "strict": table.flag("strict"), "count": table.whole("count"), "steps": table.wholes("steps"),
        "share": table.number("share"), "wait": table.duration("wait"), "extra": table.scalars("extra"),
        "size": table.table("inner").whole("size"), "people": tuple(person.text("name") for person in table.tables("people")),
    }  # fmt: skip
    table.close()
    return values, table.faults


def test_an_absent_key_has_the_declared_default():
    values, faults = read({"name": "a"})
    assert not faults
    assert values == {
        "name": "a", "colour": "red", "tags": (), "owners": (), "strict": True, "count": 3, "steps": (10,), "share": 0.5,
        "wait": timedelta(hours=1), "extra": {}, "size": 1, "people": (),
    }  # fmt: skip


def test_what_the_file_gives_is_returned():
    given = {
        "name": "b", "colour": "green", "tags": ["x"], "owners": "me", "strict": False, "count": 9, "steps": [1, 99], "share": 0.1,
        "wait": "90s", "extra": {"a": 1, "b": "c"}, "inner": {"size": 0}, "people": [{"name": "Ada"}],
    }  # fmt: skip
    values, faults = read(given)
    assert not faults
    assert (values["owners"], values["steps"], values["wait"]) == (("me",), (1, 99), timedelta(seconds=90))
    assert (values["size"], values["people"]) == (0, ("Ada",))


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("name", "A", "[tool.x] name is 'A', wanted small letters"),
        ("name", " ", "[tool.x] name is ' ', wanted small letters"),
        ("name", "a\n", "[tool.x] name is 'a\\n', wanted small letters"),
        ("colour", "gren", "[tool.x] colour is 'gren', wanted 'red' or 'green'; did you mean 'green'?"),
        ("colour", 1, "[tool.x] colour is 1, wanted a text 'red' or 'green'"),
        ("tags", "x", "[tool.x] tags is 'x', wanted a list of texts"),
        ("tags", ["x", "x"], "[tool.x] tags lists 'x' more than once, wanted each entry once"),
        ("owners", [1], "[tool.x] owners is [1], wanted a list of texts"),
        ("strict", 1, "[tool.x] strict is 1, wanted true or false"),
        ("count", 10, "[tool.x] count is 10, wanted a whole number of at least 1 and of at most 9"),
        ("count", True, "[tool.x] count is True, wanted a whole number"),
        ("count", 2.0, "[tool.x] count is 2.0, wanted a whole number"),
        ("steps", [0], "[tool.x] steps is [0], wanted a list of whole numbers above 0 and below 100"),
        ("steps", 10, "[tool.x] steps is 10, wanted a list of whole numbers"),
        ("share", float("nan"), "[tool.x] share is nan, wanted a number above 0 and below 1"),
        ("share", 1.0, "[tool.x] share is 1.0, wanted a number above 0 and below 1"),
        ("wait", "1", "[tool.x] wait is '1', wanted a length of time above zero"),
        ("extra", {"a": []}, "[tool.x] extra.a is [], wanted a text, a number, true or false"),
        ("extra", 1, "[tool.x] extra is 1, wanted a table"),
        ("inner", {"size": -1}, "[tool.x.inner] size is -1, wanted a whole number of zero or more"),
        ("inner", 1, "[tool.x.inner] is 1, wanted a table"),
        ("people", {}, "[tool.x] people is {}, wanted a list of tables"),
        ("people", [{}], "[tool.x.people 1] name is missing, wanted a text"),
        ("cuont", 1, "[tool.x] cuont is not a key that exists (legal: colour, count, extra, inner"),
        ("cuont", 1, "did you mean 'count'?"),
    ],
)  # fmt: skip
def test_a_fault_is_named_with_its_place(key, value, fault):
    _, faults = read({"name": "a", key: value})
    assert len(faults) == 1
    assert fault in faults[0]


def test_all_faults_come_at_once():
    assert len(read({"colour": 1, "strict": 1, "count": 0, "odd": 1})[1]) == 5


def test_a_key_that_is_not_declared_cannot_be_read():
    with pytest.raises(KeyError):
        Table("tool.x", {"other": 1}, [], KEYS).text("other")


def test_a_table_without_declarations_takes_them_from_the_calls():
    table = Table("tool.y", {"a": "x", "n": 0, "list": "one"}, [])
    assert (table.text("a"), table.text("b", "c"), table.whole("n", 4), table.texts("list")) == ("x", "c", 0, ("one",))
    assert table.text("d") == ""
    table.close()
    assert table.faults == ["[tool.y] d is missing, wanted a text"]


def test_a_long_list_is_shortened():
    assert listed(["a", "b"]) == "a, b"
    assert listed(map(str, range(10))) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
