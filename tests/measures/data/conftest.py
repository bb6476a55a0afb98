"""A small project that holds the data checks, with stub fixtures in place of the composition root, and tables to feed it."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]

STUBS = """
import json
from types import SimpleNamespace
import pandas as pd
import pytest

ROLES = json.loads({roles!r})

def read(name):
    return pd.read_pickle(name)

@pytest.fixture(scope="session")
def roles():
    return SimpleNamespace(**ROLES)

@pytest.fixture(scope="session")
def batch():
    return read("batch.pickle")

@pytest.fixture(scope="session")
def previous(inapplicable, pytestconfig):
    if not (pytestconfig.rootpath / "previous.pickle").exists():
        inapplicable("no_champion", "nothing serves yet")
    return read("previous.pickle")

@pytest.fixture(scope="session")
def arrivals(batch, previous, roles, inapplicable):
    found = batch[~batch[roles.id].isin(set(previous[roles.id]))]
    return found if len(found) else inapplicable("no_new_rows", "no new rows")

@pytest.fixture(scope="session")
def training_rows(batch):
    return SimpleNamespace(frame=batch.iloc[::2])

@pytest.fixture(scope="session")
def holdout(batch):
    return SimpleNamespace(frame=batch.iloc[1::2])
"""

POLICY = Path(__file__).with_name("policy.toml").read_text(encoding="utf-8")

OTHER_GATES = "".join(
    f'[tool.gates.{gate}]\nsuite = ["data_checks"]\n[tool.gates.{gate}.checks]\n"data_checks/test_none.py::test_none" = {{}}\n'
    for gate in ("model", "drift", "endpoint")
)


@pytest.fixture(scope="session")
def lab(lab_file: Path) -> pd.DataFrame:
    return pd.read_csv(lab_file)


@pytest.fixture
def papers() -> pd.DataFrame:
    """A synthetic table with the schema of the lab's file: 400 rows, four classes that the numbers tell apart."""
    random = np.random.default_rng(7)
    cluster = random.choice([0, 2, 5, 8], size=400, p=[0.2, 0.2, 0.2, 0.4])
    numbers = random.normal(size=(400, 128)) + 1.5 * random.normal(size=(10, 128))[cluster]
    frame = pd.DataFrame(numbers, columns=[str(at) for at in range(128)])
    frame.insert(0, "cord_uid", [f"p{at:05d}" for at in range(400)])
    return frame.assign(cluster=cluster)


@pytest.fixture
def mixed() -> pd.DataFrame:
    """A table of mixed kinds: numbers with nulls, a heavy tail, categories, booleans, a time."""
    random = np.random.default_rng(11)
    amount = random.lognormal(3.0, 1.0, size=600)
    amount[random.random(600) < 0.1] = np.nan
    return pd.DataFrame(
        {
            "id": [f"c{at}" for at in range(600)],
            "amount": amount,
            "age": random.integers(18, 90, size=600),
            "plan": random.choice(["basic", "plus", "pro"], size=600, p=[0.6, 0.3, 0.1]),
            "active": random.random(600) < 0.7,
            "joined": [f"2026-{1 + at % 9:02d}-{1 + at % 28:02d}" for at in range(600)],
            "churned": random.choice(["yes", "no"], size=600),
        }
    )


@pytest.fixture
def gate_policy() -> str:
    """The policy that the small project is given."""
    return POLICY


@pytest.fixture(scope="session")
def heavy_modules() -> None:
    """Imported before pytester takes its snapshot of the modules, or every run would import them again for seconds."""
    import_module("gates.measures.data.expectations")
    import_module("gates.measures.data.reference_comparison")
    import_module("gates.measures.data.universal")
    import_module("scipy.stats")


@pytest.fixture
def run_checks(heavy_modules: None, pytester: pytest.Pytester):
    """Run the data checks on a batch, as a plain pytest run in a project of its own.

    The folder has another name there, so that the copies do not hide the library that they import.
    """
    import json

    def run(
        batch: pd.DataFrame,
        *arguments: str,
        previous: pd.DataFrame | None = None,
        policy: str = POLICY,
        **roles: object,
    ):
        folder = pytester.mkdir("checks")
        for module in (ROOT / "data_checks").glob("*.py"):
            if module.name == "conftest.py" or (module.name.startswith("test_") and "drift" not in module.name):
                shutil.copy(module, folder)
        shutil.copytree(
            ROOT / "data_checks" / "expectations", folder / "expectations", ignore=shutil.ignore_patterns("*.py")
        )
        known = {
            "id": "cord_uid",
            "target": "cluster",
            "task": "classification",
            "features": [],
            "time": None,
            "slices": [],
            "group": None,
            "weight": None,
        }
        pytester.makeconftest(STUBS.format(roles=json.dumps({**known, **roles})))
        text = '[tool.gates]\nwork = "a:b"\nfirst_model = "floors"\n' + policy + OTHER_GATES
        pytester.makepyprojecttoml(text.replace("data_checks", "checks"))
        batch.to_pickle(pytester.path / "batch.pickle")
        if previous is not None:
            previous.to_pickle(pytester.path / "previous.pickle")
        # The plugin of hypothesis imports all of hypothesis at the end of every run: three seconds that no check here needs.
        lean = ("--import-mode=importlib", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
        return pytester.runpytest_inprocess(*lean, "checks", *arguments)

    return run
