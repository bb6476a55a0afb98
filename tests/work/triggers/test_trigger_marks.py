"""Marks are whole, held by one, let go by a killed holder, and never misread."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from gates.work.errors import TriggerError
from gates.work.mark_documents import REMEMBERED, SeenContent, name_of_mark, read_document
from gates.work.triggers.marks import FolderMarks, open_marks

URL = "file:///srv/papers.csv"


def test_a_mark_remembers_the_latest(tmp_path):
    marks = FolderMarks(tmp_path)
    with marks.hold(URL) as mark:
        assert mark.seen == ()
        for number in range(REMEMBERED + 5):
            mark.add(str(number))
    with marks.hold(URL) as mark:
        assert mark.seen == tuple(str(number) for number in range(5, REMEMBERED + 5))


def test_a_mark_keeps_what_the_newest_content_looked_like(tmp_path):
    looks = SeenContent("0x1", "9", "Wed, 25 Nov 2026 03:27:05 GMT", "ab" * 32, 1795577225.5)
    with FolderMarks(tmp_path).hold(URL) as mark:
        assert mark.content is None
        mark.add("0x1", looks)
        assert (mark.seen, mark.content) == (("0x1",), looks)
        mark.note(replace(looks, read=2.0))
    with FolderMarks(tmp_path).hold(URL) as mark:
        assert (mark.seen, mark.content) == (("0x1",), replace(looks, read=2.0))
        mark.add("0x2")
        assert (mark.seen, mark.content) == (("0x1", "0x2"), None)


def test_a_mark_is_held_by_one(tmp_path):
    with FolderMarks(tmp_path).hold(URL) as first, FolderMarks(tmp_path).hold(URL) as second:
        assert first is not None
        assert second is None


def test_a_killed_holder_lets_go_and_its_event_comes_again(tmp_path):
    code = f"""
import time
from pathlib import Path
from gates.work.triggers.marks import FolderMarks
with FolderMarks(Path({str(tmp_path)!r})).hold({URL!r}) as mark:
    print("held", flush=True)
    time.sleep(60)
    mark.add("never")
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with FolderMarks(tmp_path).hold(URL) as mark:
            assert mark is None
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with FolderMarks(tmp_path).hold(URL) as mark:
                if mark is not None:
                    assert mark.seen == ()
                    return
    pytest.fail("the mark was never let go")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "Expecting value"),
        ("[]", "wanted an object"),
        ('{"schema": 1, "url": "file:///srv/papers.csv"}', "'seen'"),
        ('{"schema": 3, "url": "file:///srv/papers.csv", "seen": []}', "it is schema 3"),
        ('{"schema": 2, "url": "file:///srv/papers.csv", "seen": []}', "'content'"),
        ('{"schema": 2, "url": "file:///srv/papers.csv", "seen": [], "content": {"etag": "x"}}', "other fields"),
        pytest.param(
            '{"schema": 2, "url": "file:///srv/papers.csv", "seen": [],'
            ' "content": {"etag": "x", "size": 3, "modified": "", "digest": "", "read": 0}}',
            "another kind",
            id="a size that is a number",
        ),
        ('{"schema": 1, "url": "file:///other", "seen": []}', "about 'file:///other'"),
        ('{"schema": 1, "url": "file:///srv/papers.csv", "seen": [3]}', "no ETag"),
        ('{"schema": 1, "url": "file:///srv/papers.csv", "seen": [], "seen": ["x"]}', "twice"),
    ],
)
def test_a_damaged_mark_is_an_error_and_not_an_empty_one(tmp_path, text, expected):
    with FolderMarks(tmp_path).hold(URL):
        (tmp_path / f"{name_of_mark(URL)}.json").write_text(text)
    with pytest.raises(TriggerError, match=expected), FolderMarks(tmp_path).hold(URL) as mark:
        _ = mark.seen
    with pytest.raises(TriggerError, match="delete it"):
        raise_with_remedy(text)


def raise_with_remedy(text):
    try:
        read_document(text, URL, "x")
    except TriggerError as error:
        raise TriggerError(error.remedy) from None


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(TriggerError, match="cannot be written"), FolderMarks(tmp_path / "file" / "marks").hold(URL):
        pass


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path):
    (tmp_path / f"{name_of_mark(URL)}.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(TriggerError, match="cannot be written"), FolderMarks(tmp_path).hold(URL):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_a_place_that_is_no_url_is_a_folder(tmp_path):
    with open_marks(str(tmp_path / "marks")).hold(URL) as mark:
        mark.add("x")
    assert len(list((tmp_path / "marks").glob("*.json"))) == 1
