"""The store takes regular files that hold still, writes each content once, and leaves nothing behind."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from threading import Thread

import pytest

from gates.digest import Digest
from gates.errors import BackendError, SubjectError
from gates.registry.blobs import Blobs


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(b"0123456789" * 300_000)
    return path


def leftovers(tmp_path):
    return list((tmp_path / "blobs").glob(".tmp-*"))


def test_a_blob_lies_under_its_digest_and_is_read_only(blobs, source):
    digest = blobs.put(source)
    path = blobs.path(digest)
    assert path.parts[-2:] == (digest.hex[:2], digest.hex)
    assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_equal_content_is_written_once(tmp_path, source):
    moments: list[str] = []
    blobs = Blobs(tmp_path / "blobs", moments.append)
    digest = blobs.put(source)
    before = blobs.path(digest).stat()
    copy = tmp_path / "copy"
    copy.write_bytes(source.read_bytes())
    assert blobs.put(copy) == blobs.put_bytes(source.read_bytes()) == digest
    assert blobs.path(digest).stat() == before
    assert moments == ["blob written", "blob named"]


def test_an_empty_file_is_a_blob_too(blobs, tmp_path):
    (tmp_path / "empty").touch()
    assert blobs.read(blobs.put(tmp_path / "empty")) == b""


def test_a_source_with_hard_links_is_copied(blobs, source, tmp_path):
    (tmp_path / "other name").hardlink_to(source)
    digest = blobs.put(source)
    with (tmp_path / "other name").open("r+b") as file:
        file.write(b"edited")
    assert Digest.of(blobs.path(digest)) == digest


def test_a_symbolic_link_is_refused(blobs, source, tmp_path):
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(SubjectError, match="link is a symbolic link"):
        blobs.put(tmp_path / "link")


def test_a_missing_file_is_refused(blobs, tmp_path):
    with pytest.raises(SubjectError, match="cannot be read: No such file"):
        blobs.put(tmp_path / "nothing")


def test_a_folder_is_refused(blobs, tmp_path):
    with pytest.raises(SubjectError, match="is not a regular file"):
        blobs.put(tmp_path)


def test_a_pipe_is_refused_without_waiting(blobs, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    started = time.monotonic()
    with pytest.raises(SubjectError, match="is not a regular file"):
        blobs.put(tmp_path / "pipe")
    assert time.monotonic() - started < 5


def test_a_device_is_refused(blobs):
    from pathlib import Path

    with pytest.raises(SubjectError, match="is not a regular file"):
        blobs.put(Path("/dev/zero"))


def edit_in_place(path):
    with path.open("r+b") as file:
        file.seek(2_999_000)
        file.write(b"edited")


def edit_and_set_the_clock_back(path):
    before = path.stat()
    edit_in_place(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def append(path):
    with path.open("ab") as file:
        file.write(b"more")


def shorten(path):
    os.truncate(path, 1_000)


@pytest.mark.parametrize("change", [edit_in_place, edit_and_set_the_clock_back, append, shorten])
def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, source, change):
    blobs = Blobs(tmp_path / "blobs", lambda moment: change(source) if moment == "blob written" else None)
    with pytest.raises(SubjectError, match="changed while it was read"):
        blobs.put(source)
    assert blobs.faults() == {}
    assert leftovers(tmp_path) == []


def test_a_file_that_is_edited_between_hash_and_copy_is_refused_and_not_kept(tmp_path, source, monkeypatch):
    from gates.registry import blobs as module

    real, edited = module._hash, []

    def hash_then_edit(file):
        digest = real(file)
        if not edited:
            edited.append(edit_in_place(source))
        return digest

    monkeypatch.setattr(module, "_hash", hash_then_edit)
    monkeypatch.setattr(module, "_require_still", lambda *_: None)  # as if the file system told no times
    with pytest.raises(SubjectError, match="changed while it was read"):
        Blobs(tmp_path / "blobs").put(source)
    assert leftovers(tmp_path) == []
    assert not any(path.is_file() for path in (tmp_path / "blobs").rglob("*"))


def test_a_damaged_blob_is_made_good_by_putting_its_content_again(blobs, source):
    digest = blobs.put(source)
    path = blobs.path(digest)
    path.chmod(0o644)
    path.write_bytes(b"damaged")
    assert blobs.put(source) == digest
    assert blobs.read(digest) == source.read_bytes()


def test_many_writers_of_one_content_leave_one_blob(blobs, source, tmp_path):
    writers = [Thread(target=blobs.put, args=(source,)) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert blobs.read(Digest.of(source)) == source.read_bytes()
    assert (blobs.audit(), leftovers(tmp_path)) == ((), [])


def test_an_error_while_writing_leaves_no_temporary_file(tmp_path, source):
    def fail(moment):
        raise OSError(28, "No space left on device")

    with pytest.raises(BackendError, match="cannot take a blob: No space left on device; nothing was promoted"):
        Blobs(tmp_path / "blobs", fail).put(source)
    assert leftovers(tmp_path) == []


def test_a_store_that_is_a_file_is_refused(tmp_path, source):
    (tmp_path / "blobs").touch()
    with pytest.raises(BackendError, match="cannot take a blob"):
        Blobs(tmp_path / "blobs").put(source)


def test_a_folder_that_leads_elsewhere_takes_no_blob(blobs, source, tmp_path):
    digest, elsewhere = Digest.of(source), tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "blobs").mkdir()
    (tmp_path / "blobs" / digest.hex[:2]).symlink_to(elsewhere)
    with pytest.raises(BackendError, match="the folder is a symbolic link"):
        blobs.put(source)
    assert list(elsewhere.iterdir()) == []


def test_the_audit_names_what_does_not_belong(blobs, source, tmp_path):
    digest = blobs.put(source)
    root = tmp_path / "blobs"
    (root / "notes.txt").touch()
    (root / digest.hex[:2] / "notes.txt").touch()
    (root / "zz").mkdir()
    wrong = root / ("00" if digest.hex[:2] != "00" else "01")
    wrong.mkdir()
    (wrong / digest.hex).write_bytes(source.read_bytes())
    told = sorted(finding.where for finding in blobs.audit())
    assert told == sorted(
        ["blobs/notes.txt", f"blobs/{digest.hex[:2]}/notes.txt", "blobs/zz", f"blobs/{wrong.name}/{digest.hex}"]
    )


def test_what_a_killed_writer_left_is_swept(blobs, tmp_path):
    blobs.put_bytes(b"A")
    orphan = tmp_path / "blobs" / ".tmp-0123"
    orphan.write_bytes(b"half")
    assert blobs.audit() == ()
    assert blobs.sweep() == 0
    os.utime(orphan, (0, 0))
    assert blobs.sweep() == 1
    assert not orphan.exists()


def test_the_file_of_a_living_writer_is_not_swept(tmp_path):
    seen: list[int] = []
    root = tmp_path / "blobs"
    other = Blobs(root)

    def sweep_meanwhile(moment):
        if moment == "blob written":
            seen.append(other.sweep(older_than=0.0))

    digest = Blobs(root, sweep_meanwhile).put_bytes(b"A")
    assert seen == [0]
    assert other.read(digest) == b"A"


def test_a_file_that_is_swept_before_its_writer_could_lock_it_is_begun_again(tmp_path, monkeypatch):
    root, locked = tmp_path / "blobs", []
    lock = fcntl.flock

    def sweep_first(file, kind):
        if not locked:
            locked.append(True)
            (unfinished,) = root.glob(".tmp-*")
            unfinished.unlink()
        lock(file, kind)

    monkeypatch.setattr("gates.registry.blobs.fcntl.flock", sweep_first)
    digest = Blobs(root).put_bytes(b"A")
    assert locked
    assert Blobs(root).read(digest) == b"A"
    assert not list(root.glob(".tmp-*"))
