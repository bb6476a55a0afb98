"""The entry script of a managed deployment: put the model beside its identity, then let ``score`` answer.

It lies as ``score.py`` in the deployment's code folder, beside the package ``gates`` and ``identity.json``. Azure puts the
registered model under ``AZUREML_MODEL_DIR``, possibly a folder deeper. Which version of the ledger those bytes are is said by the
identity, and `gates.work.serving.score` refuses to start unless their digest is the one that was judged.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))


def _place() -> None:
    """Make a folder that holds the model and its identity, and name it to the scoring script, which reads it when imported."""
    given = Path(os.environ["AZUREML_MODEL_DIR"])
    files = sorted(given.rglob("model.skops"))
    folder = Path(tempfile.mkdtemp(prefix="model-"))
    if len(files) == 1:
        shutil.copyfile(files[0], folder / "model.skops")
    shutil.copyfile(HERE / "identity.json", folder / "identity.json")
    os.environ["AZUREML_MODEL_DIR"] = str(folder)


if "AZUREML_MODEL_DIR" in os.environ and (HERE / "identity.json").exists():
    _place()
    from gates.work.serving.score import init, run

if TYPE_CHECKING:
    from gates.work.serving.score import init, run

__all__ = ["init", "run"]
