"""Import a function of the project that the configuration names as ``module:function``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from gates.errors import ConfigError


def import_function(key: str, import_string: str, form: str) -> Callable[..., Any]:
    """Return the function that ``import_string`` (``module:function``) names under ``key`` of ``[tool.ml]``.

    ``form`` is how it is called, as ``fit(X, y, params)``. Raises `ConfigError` when it cannot be imported or called.
    """
    module, _, name = import_string.partition(":")
    given = f"{key} = {import_string!r}"
    try:
        function = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"{given} cannot be imported: {error}",
            "check the spelling, and that the module lies beside the configuration",
        ) from None
    except AttributeError:
        raise ConfigError(f"{given}: module {module} has no {name!r}", f"name a function {form}") from None
    except Exception as error:
        raise ConfigError(f"{given} fails on import: {type(error).__name__}: {error}", "correct the module") from error
    if not callable(function):
        raise ConfigError(f"{given} is a {type(function).__name__}, not a function", f"name a function {form}")
    named: Callable[..., Any] = function
    return named
