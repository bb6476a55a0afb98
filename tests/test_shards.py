"""The parts into which the tests are divided among machines hold every file once and take about the same time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ROOT
from shards import divide, parse_shard, read_junit, read_seconds

HERE = Path(__file__).parent
FILES = sorted(path.relative_to(HERE).as_posix() for path in HERE.rglob("test_*.py"))


def test_every_file_is_in_one_part_and_the_parts_take_about_the_same():
    seconds = read_seconds()
    parts = divide(FILES, seconds, 5)
    assert sorted(file for part in parts for file in part) == FILES
    loads = [sum(seconds.get(file, 1.0) for file in part) for part in parts]
    assert max(loads) - min(loads) <= max(seconds.values())


def test_every_file_of_the_table_exists():
    assert set(read_seconds()) <= set(FILES)


def test_the_division_does_not_depend_on_the_order():
    assert divide(FILES, read_seconds(), 3) == divide(reversed(FILES), read_seconds(), 3)


def test_the_longest_is_alone_where_the_others_are_short():
    assert divide("abcd", {"a": 9, "b": 3, "c": 3, "d": 3}, 2) == [{"a"}, {"b", "c", "d"}]


@pytest.mark.parametrize("text", ["0/5", "6/5", "2", "a/b", "2/0", "2/5 ", ""])
def test_a_part_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="write the part and the number of parts"):
        parse_shard(text)


def test_a_part_runs_its_files_and_nothing_else():
    file = "tests/test_digests.py"
    sizes = []
    for part in ("1/2", "2/2"):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--collect-only", file, "tests/test_once.py"],
            cwd=ROOT,
            env={**os.environ, "SHARD": part},
            capture_output=True,
            text=True,
        )
        sizes.append((done.stdout.count("test_digests.py::"), done.stdout.count("test_once.py::")))
    assert all((digests == 0) != (once == 0) for digests, once in sizes)
    assert sizes[0] != sizes[1]


def test_seconds_are_read_from_a_report(tmp_path):
    report = tmp_path / "tests.xml"
    report.write_text(
        """<testsuites><testsuite>
        <testcase classname="tests.policy.test_a" name="x" time="1.25"/>
        <testcase classname="tests.policy.test_a.TestB" name="y" time="2.0"/>
        <testcase classname="tests.test_c" name="z" time="0.2"/>
        </testsuite></testsuites>"""
    )
    assert read_junit(report) == {"policy/test_a.py": 3.2}
