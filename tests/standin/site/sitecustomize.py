"""For processes that the tests start: ``*.localhost`` is this machine. Found through PYTHONPATH."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location("loopback_names", Path(__file__).parents[1] / "names.py")
_names = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_names)
_names.resolve_localhost()
