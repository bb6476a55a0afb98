"""What is costly is made once, and made anew where the making failed."""

from __future__ import annotations

import pytest
from once import make_once


def test_the_second_caller_gets_what_the_first_made(tmp_path_factory):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "x").touch()

    first = make_once(tmp_path_factory, "of-test-once", make)
    assert make_once(tmp_path_factory, "of-test-once", make) == first
    assert made == [first]
    assert (first / "x").exists()


def test_a_making_that_failed_is_begun_anew(tmp_path_factory):
    def fail(folder):
        (folder / "half").touch()
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        make_once(tmp_path_factory, "that-fails", fail)
    folder = make_once(tmp_path_factory, "that-fails", lambda folder: None)
    assert list(folder.iterdir()) == []
