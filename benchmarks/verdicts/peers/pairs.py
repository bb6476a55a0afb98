"""What the scripts beside this file share: read the pairs of a folder, answer with one line of JSON each."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pandas import DataFrame


def answer(**tasks: Callable[[DataFrame, DataFrame], object]) -> None:
    """Call ``tasks[TASK](reference, current)`` for every pair of the folder; a crash is an answer too."""
    task, folder = sys.argv[1], Path(sys.argv[2])
    for first in sorted(folder.glob("*-reference.parquet")):
        reference = pd.read_parquet(first)
        current = pd.read_parquet(first.with_name(first.name.replace("reference", "current")))
        before = time.process_time()
        try:
            found = tasks[task](reference, current)
        except Exception as error:
            found = {"crash": f"{type(error).__name__}: {error}"[:200]}
        print(json.dumps({"found": found, "cpu": time.process_time() - before}), flush=True)
