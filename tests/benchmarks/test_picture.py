"""The picture of a terminal shows what a command printed, and nothing of elsewhere."""

from __future__ import annotations

import re
import sys
from xml.etree import ElementTree

import pytest

from benchmarks.picture import COLOURS, draw, main, run_at_terminal

SVG = "{http://www.w3.org/2000/svg}"


def texts(document: str) -> list[str]:
    return ["".join(line.itertext()) for line in ElementTree.fromstring(document).iter(f"{SVG}text")]


def test_lines_are_drawn_with_their_colours_and_letter_by_letter():
    document = draw(["\x1b[32m✓ passed\x1b[0m  <script>alert(1)</script> &"], "a <title>")
    assert texts(document) == ["✓ passed  <script>alert(1)</script> &"]
    (green, plain) = ElementTree.fromstring(document).iter(f"{SVG}tspan")
    assert green.get("fill") == COLOURS["32"]
    assert plain.get("fill") is None
    assert float(plain.get("x")) > float(green.get("x"))


def test_the_picture_asks_no_other_site():
    document = draw(["see https://example.org"], "t")
    assert re.findall(r"(?:href|src|url\()", document) == []
    assert "<script" not in document


def test_what_a_command_shows_at_a_terminal_is_caught(tmp_path):
    code = (
        "import sys, os; print(sys.stdout.isatty(), os.get_terminal_size().columns); "
        "print('working', end='\\r'); print('\\x1b[2Kdone'); sys.exit(1)"
    )
    assert run_at_terminal([sys.executable, "-c", code], tmp_path) == ["True 100", "done"]


def test_commands_follow_each_other_in_one_file(tmp_path):
    file = tmp_path / "new/picture.svg"
    assert (
        main([str(file), "--", sys.executable, "-c", "print('one')", "--then", sys.executable, "-c", "print('two')"])
        == 0
    )
    shown = texts(file.read_text(encoding="utf-8"))
    assert [line for line in shown if not line.startswith("$")] == ["one", "", "two"]


@pytest.mark.parametrize("words", [["a.svg"], ["a.svg", "--"], ["a.svg", "--", "--then", "x"]])
def test_no_command_is_wrong_usage(words, capsys):
    with pytest.raises(SystemExit):
        main(words)
    assert "name the commands after --" in capsys.readouterr().err
