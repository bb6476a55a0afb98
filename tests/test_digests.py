"""A digest names bytes: any other bytes, and any link to them, are something else."""

import pytest

from gates.digest import Digest, digest_tree
from gates.environment import environment_digest
from gates.errors import DigestMismatch, SubjectError


def test_a_digest_is_read_as_it_was_written(tmp_path):
    (tmp_path / "model").write_bytes(b"abc")
    digest = Digest.of(tmp_path / "model")
    assert digest == Digest.of_bytes(b"abc") == Digest.parse(str(digest))
    assert str(digest) == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest.short == "ba7816bf8f01"


@pytest.mark.parametrize(
    "text", ["", "abc", "sha256:", "sha256:xyz", "md5:" + "0" * 64, "sha256:" + "A" * 64, "sha256:" + "0" * 65]
)
def test_what_is_no_digest_is_refused(text):
    with pytest.raises(SubjectError, match="digest"):
        Digest.parse(text)


def test_a_file_that_changed_is_refused_with_both_digests(tmp_path):
    file = tmp_path / "model"
    file.write_bytes(b"judged")
    digest = Digest.of(file)
    digest.require(file)
    file.write_bytes(b"edited")
    with pytest.raises(DigestMismatch) as refused:
        digest.require(file)
    assert str(digest) in refused.value.message
    assert str(Digest.of(file)) in refused.value.message


@pytest.mark.parametrize("name", ["absent", "."])
def test_what_cannot_be_read_has_no_digest(name, tmp_path):
    with pytest.raises(SubjectError, match="cannot be read"):
        Digest.of(tmp_path / name)


def suite(root, **files):
    for name, text in files.items():
        (root / f"{name}.py").write_text(text)
    return digest_tree(root, [root])


def test_a_tree_has_another_digest_when_a_file_changes_moves_or_joins(tmp_path):
    before = suite(tmp_path, a="1", b="2")
    assert suite(tmp_path, a="1", b="2") == before
    assert suite(tmp_path, a="2", b="1") != before
    assert suite(tmp_path, a="1", b="2", c="") != before
    (tmp_path / "c.py").unlink()
    (tmp_path / "a.py").rename(tmp_path / "z.py")
    assert digest_tree(tmp_path, [tmp_path]) != before


def test_compiled_files_do_not_count(tmp_path):
    before = suite(tmp_path, a="1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_bytes(b"x")
    assert digest_tree(tmp_path, [tmp_path]) == before


def test_a_member_named_twice_counts_once(tmp_path):
    before = suite(tmp_path, a="1")
    assert digest_tree(tmp_path, [tmp_path, tmp_path / "a.py"]) == before


def test_a_missing_member_is_refused(tmp_path):
    with pytest.raises(SubjectError, match="does not exist"):
        digest_tree(tmp_path, [tmp_path / "gone"])


def test_a_linked_suite_folder_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "suite").symlink_to(tmp_path / "real")
    with pytest.raises(SubjectError, match="suite is a symbolic link"):
        digest_tree(tmp_path, [tmp_path / "suite"])


def test_the_environment_has_the_same_name_each_time():
    assert environment_digest() == environment_digest()
