"""What foreign text looks like where it is printed: visible, on its line, and no command to anybody."""

from __future__ import annotations

import json
import tomllib

import pytest
from agents import commands_in
from hypothesis import given
from hypothesis import strategies as st

from gates.cli import main
from gates.printing import printable, printable_json, printable_lines, say

COMMANDS = (
    "##vso[task.setvariable variable=secret]value",
    "a column ##VSO[task.complete result=Succeeded]",
    "##[add-matcher]matcher.json",
    "text ##[error]and more",
    "::error file=a.py::a message",
    "  \t::set-output name=a::b",
    "::add-mask::x",
    "###vso[task.setvariable variable=x]",
    "##\x1b##vso[task.setvariable variable=x]",
    "####[section]x",
)
MARKS = ["#", "##", "[", "]", "vso[", "VSO[", "::", ":", " ", "\t", "\n", "\r", "\\", "a", "\u2028", "\ufeff"]
pieces = st.lists(st.sampled_from(MARKS))


def test_the_commands_of_this_test_are_commands():
    for text in COMMANDS:
        assert commands_in(text.replace("\x1b", "")), text


@pytest.mark.parametrize("text", COMMANDS)
def test_no_agent_obeys_what_is_printed(text, capsys):
    say(text)
    say(f"first\n{text}")
    assert commands_in(capsys.readouterr().out) == []
    assert commands_in(printable(text)) == []


@given(pieces)
def test_no_text_at_all_becomes_a_command(parts):
    text = "".join(parts)
    assert commands_in(printable(text)) == []
    assert commands_in(printable_lines(text)) == []


@given(
    st.recursive(
        st.text() | st.sampled_from(COMMANDS), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_json_means_the_same_and_commands_nothing(content):
    for ascii_only in (True, False):
        shown = printable_json(json.dumps(content, indent=1, ensure_ascii=ascii_only))
        assert json.loads(shown) == content
        assert all(character == "\n" or character.isprintable() for character in shown)
        assert "##" not in shown


@pytest.mark.parametrize("text", [text for text in COMMANDS if "\x1b" not in text])
def test_toml_means_the_same_and_commands_nothing(text):
    shown = printable_json(f"key = {json.dumps(text, ensure_ascii=False)}\n")
    assert tomllib.loads(shown) == {"key": text}
    assert commands_in(shown) == []


def test_ordinary_text_stays_as_it_is():
    for text in ("a::b", "std::vector", "# a comment", "## a heading", "at 12:30 :: noon", "größe 3 µm"):
        assert printable(text) == text


def test_a_wrong_option_is_repeated_as_text(capsys):
    with pytest.raises(SystemExit):
        main(["run", "--waiit", "##vso[task.setvariable variable=x]y"])
    with pytest.raises(SystemExit):
        main(["##[add-matcher]x"])
    assert commands_in(capsys.readouterr().err) == []


def test_an_error_repeats_a_path_as_text(capsys, tmp_path):
    assert main(["show", "1", "--home", str(tmp_path / "##vso[task.complete]\n::error::x")]) == 3
    assert commands_in(capsys.readouterr().err) == []
