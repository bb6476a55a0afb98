"""Column names and class labels that want to be obeyed are told as text, by the terminal and by every report, and drive nothing."""

from __future__ import annotations

import csv
import html
import re
import xml.etree.ElementTree as ET

import pytest
from agents import commands_in
from command_line import call

COLUMN = '=HYPERLINK("http://evil.example")\x1b[2J<img src=x onerror=alert(1)>##vso[task.setvariable variable=a]b'
LABEL = "::error::@SUM(1)##[add-matcher]m.json\x1b]0;owned\x07<script>alert(1)</script>[x](javascript:alert(1))"


@pytest.fixture(scope="module")
def told(papers, tmp_path_factory):
    """What the data gate says about the papers with one name and one label exchanged, everywhere that it says it."""
    folder = tmp_path_factory.mktemp("evil")
    with papers.open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    header[1] = COLUMN
    rows[0][-1] = LABEL
    with (folder / "evil.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    junit, summary = folder / "junit.xml", folder / "summary.md"
    said = call(
        "check", "data", "--data", str(folder / "evil.csv"), "--junit", str(junit), "--summary", str(summary),
        home=folder / "home",
    )  # fmt: skip
    return said, junit.read_text(encoding="utf-8"), summary.read_text(encoding="utf-8")


def test_the_gate_refuses_them_by_name(told):
    said, _, _ = told
    assert said.code == 1
    reasons = " ".join(reason["text"] for reason in said.document["reasons"])
    assert "HYPERLINK" in reasons
    assert "is unexpected" in reasons or "unexpected" in reasons


def test_they_drive_no_terminal(told):
    said, junit, summary = told
    for text in (said.out, said.err, junit, summary):
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)
    assert r"\x1b[2J" in said.out


def test_no_agent_takes_them_for_a_command(told):
    said, junit, summary = told
    for text in (said.out, said.err, junit, summary):
        assert commands_in(text) == []
    assert "vso[task.setvariable" in said.out


def test_they_are_no_elements_of_a_report(told):
    _, junit, summary = told
    assert "<img" not in junit.replace("&lt;", "")
    assert not [element.tag for element in ET.fromstring(junit).iter() if element.tag in ("img", "script")]
    assert "<img" not in summary
    assert "<script" not in summary
    assert "HYPERLINK" in html.unescape(summary), "told as text"
    assert "](javascript:" not in summary


def test_no_line_of_a_report_begins_like_a_formula(told):
    """A line or a cell that begins with one of these is computed when somebody pastes it into a spreadsheet."""
    said, _, summary = told
    cells = [cell.strip() for line in summary.splitlines() for cell in line.split("|")]
    lines = [line.strip() for line in said.out.splitlines()]
    assert not [text for text in (*cells, *lines) if text.startswith(("=", "+", "@", "\t"))]
