"""`gates.work.batch.entry` for parallel jobs, which give the model's folder as an argument and not as a variable."""

from __future__ import annotations

import argparse
import os

from gates.work.batch import entry
from gates.work.batch.entry import run

__all__ = ["init", "run"]


def init() -> None:
    """Load the model in the folder that ``--model`` names. Raises `ArtifactError`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    known, _ = parser.parse_known_args()  # the service adds arguments of its own
    os.environ["AZUREML_MODEL_DIR"] = known.model
    entry.init()
