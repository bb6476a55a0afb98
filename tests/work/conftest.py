"""Small data, small projects, and models that are trained once for all tests of the work."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from batch_files import HEADER

from gates.work.config.settings import Settings, read_settings
from gates.work.data.source import fetch
from gates.work.model.artifact import LoadedModel, load
from gates.work.model.train_step import train
from gates.work.records import Identity
from ml import sample


class Made(NamedTuple):
    """A model that a test may copy and damage."""

    model: Path
    golden: Path
    digest: str
    settings: Settings
    batch: Path
    facts: dict[str, str]

    @property
    def identity(self) -> Identity:
        return Identity(self.settings.name, 3, self.digest)


def compute_digest(path: Path) -> str:
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def make_plants(rows: int = 240, *, seed: int = 7) -> str:
    """Two numbers, a truth value, a category, a date and free text; the kind follows from the first number and the soil."""
    draw = random.Random(seed)
    lines = ["plant,height,width,wild,soil,seen,remark,kind"]
    for number in range(rows):
        height, soil = draw.gauss(0, 1), draw.choice(("clay", "sand", "loam"))
        width = f"{draw.gauss(0, 1):.4f}" if draw.random() > 0.1 else ""
        kind = "fern" if height + (soil == "clay") > 0.3 else "moss"
        wild = str(draw.random() < 0.5).lower()
        lines.append(f"p{number},{height:.4f},{width},{wild},{soil},2026-01-{number % 28 + 1:02d},note {number},{kind}")
    return "\n".join(lines) + "\n"


def write_configuration(folder: Path, **changes: str) -> Path:
    """A configuration for the plants; ``changes`` are TOML values by key, an empty text removes the key."""
    keys = {
        "name": '"plants"',
        "id": '"plant"',
        "target": '"kind"',
        "task": '"classification"',
        "train": '"ml.training:fit"',
    }
    keys |= changes
    config = folder / "pyproject.toml"
    config.write_text(
        "[tool.ml]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value), encoding="utf-8"
    )
    return config


@pytest.fixture(scope="session")
def plants() -> str:
    return make_plants()


@pytest.fixture(scope="session")
def digest_of() -> Callable[[Path], str]:
    return compute_digest


@pytest.fixture(scope="session")
def write_project() -> Callable[..., Path]:
    return write_configuration


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """Train in this process: ``make(csv_text, overrides, **configuration)``."""

    def run(text: str, overrides: dict[str, str] | None = None, **changes: str) -> Made:
        folder = tmp_path_factory.mktemp("project")
        source = folder / "data.csv"
        source.write_text(text, encoding="utf-8")
        settings = read_settings(write_configuration(folder, **changes))
        batch = fetch(str(source), folder / "snapshots")
        facts = train(settings, batch.path, batch.digest, overrides or {}, folder)
        model = folder / "model.skops"
        return Made(model, folder / "golden.json", compute_digest(model), settings, batch.path, facts)

    return run


@pytest.fixture(scope="session")
def mixed(make: Callable[..., Made]) -> Made:
    """A tree on numbers, a truth value and a category, with missing numbers."""
    return make(make_plants())


@pytest.fixture(scope="session")
def model(mixed: Made) -> LoadedModel:
    return load(mixed.model, mixed.digest)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write rows of the plants to a CSV file: ``write("1,2,3,true,clay", ...)``."""

    def run(*rows: str, header: str = HEADER, name: str = "in.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        return path

    return run


@pytest.fixture(scope="session")
def sample_text() -> str:
    return sample.lab()


@pytest.fixture(scope="session")
def numeric(make: Callable[..., Made], sample_text: str) -> Made:
    """The lab's tree on the synthetic stand-in: 128 numbers, ten classes, one of them with one member."""
    return make(sample_text, {"max_depth": "5"}, name='"COVID19Articles_model"', id='"cord_uid"', target='"cluster"')
