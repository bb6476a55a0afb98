"""Gates: four pytest suites between a trained model and the customers it would serve.

The four functions for use in Python, `compare`, `detect_drift`, `profile` and `violations`, are imported when they are first
used: ``import gates`` alone loads no numpy, pandas or scikit-learn. What work of one's own needs is in `gates.api`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gates.measures.data.profile import profile, violations
    from gates.measures.drift.detection import detect as detect_drift
    from gates.measures.model.comparison import compare

__version__ = "0.1.0"

__all__ = ["__version__", "compare", "detect_drift", "profile", "violations"]

_HOMES = {
    "compare": ("gates.measures.model.comparison", "compare"),
    "detect_drift": ("gates.measures.drift.detection", "detect"),
    "profile": ("gates.measures.data.profile", "profile"),
    "violations": ("gates.measures.data.profile", "violations"),
}


if not TYPE_CHECKING:  # so that a type checker still refuses a name that is not there

    def __getattr__(name: str) -> object:
        """Import a public function when it is first used, and keep it. Raises `AttributeError` for any other name."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        module, attribute = _HOMES[name]
        globals()[name] = function = getattr(import_module(module), attribute)
        return function


def __dir__() -> list[str]:
    """Return the public names, whether or not they are imported yet."""
    return sorted(__all__)
