"""Read ``[tool.ml]``, strictly: what is wrong is reported all at once, before anything has been done.

An unknown key is an error, because a misspelt key that is ignored is a setting that silently does not hold.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from gates.work.config.reader import Reader
from gates.work.errors import SettingsError
from gates.work.records import Roles, Task, Value

TASKS = ("classification", "regression")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}\Z")
_IMPORT = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")
_KEYS = (
    "name", "data", "id", "target", "task", "features", "time", "slices", "current", "holdout_share", "train", "params",
    "max_rows", "seed", "trusted_types", "train_timeout", "azure",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """One project's work. ``folder`` is the configuration file's: relative paths and the user's own modules start
    there.

    ``holdout_share`` is the share of ids held out, ``max_rows`` the largest request, ``train_timeout`` is in seconds.
    """

    folder: Path
    name: str
    roles: Roles
    data: str | None
    current: str | None
    holdout_share: float
    train: str
    params: Mapping[str, Value]
    max_rows: int
    seed: int
    trusted_types: tuple[str, ...]
    train_timeout: float


def read_settings(config: Path) -> Settings:
    """``[tool.ml]`` of a TOML file. Raises `SettingsError` with every fault that was found."""
    try:
        document = tomllib.loads(config.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            f"{config} does not exist", "run in the project's folder, or name a file with --policy"
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{config} cannot be read as TOML: {error}") from None
    tool = document.get("tool")
    table = tool.get("ml") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise SettingsError(f"{config.name} has no table [tool.ml]", "add [tool.ml] with name, id, target and task")
    reader = Reader(table, _KEYS)
    settings = _settings(reader, config.resolve().parent)
    if reader.faults:
        raise SettingsError(tuple(reader.faults), f"correct [tool.ml] in {config.name}")
    return settings


def _settings(read: Reader, folder: Path) -> Settings:
    read.refuse_unknown()
    roles = Roles(
        id=read.text("id", wanted="the name of the column that identifies a row"),
        target=read.text("target", wanted="the name of the column to predict"),
        task=cast(Task, read.choice("task", TASKS)),
        features=read.texts("features"),
        time=read.optional("time"),
        slices=read.texts("slices"),
    )
    _refuse_double_roles(read, roles)
    return Settings(
        folder=folder,
        name=read.text("name", pattern=_NAME, wanted="a model name of letters, digits, '_', '-' and '.'"),
        roles=roles,
        data=read.optional("data"),
        current=read.optional("current"),
        holdout_share=read.number("holdout_share", 0.33, above=0.0, below=1.0),
        train=read.text("train", "ml.training:fit", pattern=_IMPORT, wanted="an importable 'module:function'"),
        params=read.params("params"),
        max_rows=read.whole("max_rows", 1000, least=1),
        seed=read.whole("seed", 0, least=0),
        trusted_types=read.texts("trusted_types"),
        train_timeout=read.number("train_timeout", 3600.0, above=0.0, below=float("inf")),
    )


def _refuse_double_roles(read: Reader, roles: Roles) -> None:
    named = {"id": roles.id, "target": roles.target, "time": roles.time}
    for key, other in (("target", "id"), ("time", "id"), ("time", "target")):
        if named[key] and named[key] == named[other]:
            read.fault(key, f"is {named[key]!r}, which is also the {other} column", "two different columns")
    for key in ("id", "target"):
        if named[key] and named[key] in roles.features:
            read.fault(
                "features",
                f"lists {named[key]!r}, which is the {key} column",
                "columns that are known before the answer is",
            )
