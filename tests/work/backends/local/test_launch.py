"""A child of the work is started so that no file of a folder stands in for a module of Python, of a package or of Gates."""

from __future__ import annotations

import subprocess

import pytest

from gates.work.backends.local.launch import command_of


@pytest.mark.parametrize("name", ["json", "argparse", "signal", "runpy", "numpy", "gates"])
def test_the_folder_of_the_caller_is_no_place_of_modules(name, tmp_path):
    (tmp_path / f"{name}.py").write_text("raise SystemExit('not the real one')\n", encoding="utf-8")
    done = subprocess.run(
        [*command_of("gates.work.model.train_step"), "--help"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Train one model" in done.stdout
