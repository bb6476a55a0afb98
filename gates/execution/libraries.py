"""Name the installed libraries that the shipped suite of each gate uses, so that they are imported once for all children."""

from __future__ import annotations

from collections.abc import Mapping

_TABLES = ("pytest", "numpy", "pandas", "pyarrow", "scipy.stats")
_MODELS = (*_TABLES, "sklearn.pipeline", "sklearn.linear_model", "sklearn.model_selection", "skops.io")

# Named as text: the engine imports none of them. A gate that is not here, or a suite of one's own, imports the rest by itself.
LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "data": (*_TABLES, "great_expectations"),
    "model": _MODELS,
    "drift": (*_MODELS, "alibi_detect.cd"),
    "endpoint": ("pytest", "requests"),
    "nightly": (*_MODELS, "alibi_detect.cd"),
    "data_files": (*_TABLES, "great_expectations"),
    "drift_files": (*_TABLES, "alibi_detect.cd"),
}
OTHERWISE = ("pytest",)
