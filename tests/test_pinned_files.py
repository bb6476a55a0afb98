"""Every package that `make` installs has one version and the digests of its files, and other bytes are refused."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
UV = Path(sys.executable).with_name("uv")


def pins(file: str) -> list[str]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return re.findall(r"^([a-z0-9][a-z0-9.-]*==[^\s\\]+)", text, re.MULTILINE)


def test_every_pinned_version_has_digests_and_both_files_name_the_same():
    pinned = pins("constraints.txt")
    names = [pin.partition("==")[0] for pin in pinned]
    assert len(pinned) == len(set(names)) > 100, "one version each"
    assert sorted(pins("hashes.txt")) == sorted(pinned)
    blocks = re.split(r"^(?=[a-z0-9])", (ROOT / "hashes.txt").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pinned)
    for block in blocks:
        first, *digests = block.removesuffix("\n").split(" \\\n    ")
        assert first in pinned
        assert digests, f"{first} has no digest: make constraints"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", digest) for digest in digests)


def test_neither_file_names_an_index():
    for file in ("constraints.txt", "hashes.txt"):
        assert not re.search(r"https?:|file:|--(extra-)?index|--find-links", (ROOT / file).read_text(encoding="utf-8"))


@pytest.mark.parametrize("program", ["uv", "pip"])
@pytest.mark.parametrize("honest", [True, False], ids=["the file that was pinned", "other bytes"])
def test_a_file_with_another_digest_is_not_installed(tmp_path, program, honest):
    """With the options of the Makefile, from a folder in the place of an index."""
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\n")
    digest = sha256(wheel.read_bytes() if honest else b"as it was pinned").hexdigest()
    hashes = tmp_path / "hashes.txt"
    hashes.write_text(f"tiny==1.0 --hash=sha256:{digest}\n", encoding="utf-8")
    project = tmp_path / "project/pyproject.toml"
    project.parent.mkdir()
    project.write_text(
        '[project]\nname = "x"\nversion = "0"\n[project.optional-dependencies]\ndev = ["tiny"]\n', encoding="utf-8"
    )
    target = ["--target", tmp_path / "installed", "--no-index", "--find-links", tmp_path]
    if program == "uv":
        options = [
            "--python",
            sys.executable,
            "--require-hashes",
            "--constraint",
            hashes,
            "--extra",
            "dev",
            "-r",
            project,
        ]
        command = [UV, "pip", "install", "--no-cache", *target, *options]
    else:
        command = [sys.executable, "-m", "pip", "install", *target, "--no-deps", "--require-hashes", "-r", hashes]
    done = subprocess.run([str(word) for word in command], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == honest, done.stdout + done.stderr
    assert (tmp_path / "installed/tiny.py").exists() == honest
    if not honest:
        assert digest in done.stdout + done.stderr


def test_make_installs_with_digests():
    """The options that the test above uses are those of the Makefile."""
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    installs = [line for line in recipe.splitlines() if re.match(r"\t.*pip install ", line) and "$$" not in line]
    assert len(installs) >= 3
    assert all("--require-hashes" in line or "--no-deps --no-build-isolation --editable ." in line for line in installs)
