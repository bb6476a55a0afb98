"""What counts as a file of a module that was imported."""

from __future__ import annotations

from gates.plugin.recorder import is_file_name


def test_a_module_that_a_library_made_without_a_file_names_none(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not is_file_name("_ops.py")
    (tmp_path / "_ops.py").touch()
    assert is_file_name("_ops.py")
    assert is_file_name(str(tmp_path / "_ops.py"))
    assert is_file_name(str(tmp_path / "removed_after_its_import.py"))
