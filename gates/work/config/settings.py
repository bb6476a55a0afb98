"""Read ``[tool.ml]``, strictly: what is wrong is reported all at once, before anything has been done.

An unknown key is an error, because a misspelt key that is ignored is a setting that silently does not hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from gates.errors import ConfigError
from gates.missing import MISSING
from gates.toml_reader import Key, KeyKind, Table, read_seconds, read_toml
from gates.work.data.keys import name_key
from gates.work.records import CONTENT, ColumnRoles, ColumnType, Spelling, SplitBy, Task, Value

TASKS = ("classification", "regression")
SPLITS = ("id", "time")
TYPES = ("number", "text", "date")
RAW = "raw"  # the word for all columns as they were read
DAY = 86_400.0  # seconds
SEASONS = ("weekday",)
ORDERS = ("file", "none")
_BLOCK = r"[1-9]\d{0,8} rows?|\d+(\.\d+)?\s*[smhd]"
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
_IMPORT = r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*"

_TRAIN = "write a function fit(X, y, params) in a module beside this file and name it, like train = 'training:fit'"
_TARGET = "the name of the column to predict; several targets at once are not supported: train a model for each"
_LIST = 'a list of texts, like ["a", "b"]'
_PARAMS = 'a table, like { estimator = "decision_tree", max_depth = 5 }'
KEYS = (
    Key(
        "name", KeyKind.TEXT, "The name of the model in the registry.", required=True, pattern=_NAME,
        wanted="a model name of letters, digits, '_', '-' and '.'",
    ),
    Key("data", KeyKind.TEXT, "The table of labelled rows: a path beside this file, an https URL, or an address of a store like s3://."),
    Key(
        "id", KeyKind.TEXT_OR_TEXTS,
        "The column that identifies a row, or the columns that do so together; absent, a row is identified by its content.",
        wanted="the name of the column that identifies a row, or a list of names",
    ),
    Key("target", KeyKind.TEXT, "The column to predict.", required=True, wanted=_TARGET),
    Key("task", KeyKind.TEXT, "What is predicted: a class or a number.", required=True, choices=TASKS),
    Key(
        "features", KeyKind.TEXTS,
        "The columns to predict from; absent, all without another role that are numbers or categories; 'raw', all, as read.",
        wanted=f'{_LIST}, or "raw" for every column as it was read', word=RAW,
    ),
    Key("time", KeyKind.TEXT, "The column with the time of a row, for windows and for freshness."),
    Key("group", KeyKind.TEXT, "The column whose rows belong together, like a patient: the split never parts them."),
    Key(
        "block", KeyKind.TEXT, "Which rows depend on each other when windows are compared: a length of time, or a number.",
        pattern=_BLOCK, wanted="a length of time like '1d' or '12h', or a number of rows like '50 rows'",
    ),
    Key("season", KeyKind.TEXT, "What repeats in time: blocks are exchanged within it alone.", choices=SEASONS),
    Key(
        "order", KeyKind.TEXT, "Whether the order of the rows in the file may mean something: 'none' says that it does not.",
        "file", choices=ORDERS,
    ),
    Key(
        "split", KeyKind.TEXT, "What chooses the holdout: a hash of the id (or group), or the newest rows by time.", "id",
        choices=SPLITS,
    ),
    Key("weight", KeyKind.TEXT, "The column that says how much a row counts, in training and in metrics."),
    Key("missing", KeyKind.TEXTS, "How missing values are spelt in a text file.", MISSING, wanted=_LIST, blank=True),
    Key(
        "types", KeyKind.SCALARS, "What a column holds, whatever its values look like: 'number', 'text' or 'date'.",
        wanted='a table of columns, like { code = "text", price = "number" }',
    ),
    Key("decimal", KeyKind.TEXT, "What stands before the decimals of a number in a text file.", ".", choices=(".", ",")),
    Key(
        "thousands", KeyKind.TEXT, "What stands between the thousands of a number in a text file; absent, nothing does.",
        wanted="one character that is no digit, letter or sign, like ','",
    ),
    Key(
        "date_format", KeyKind.TEXT, "How dates are written in a text file, in the words of strptime; absent, as ISO 8601.",
        pattern=r".*%[YyjGsDFc].*", wanted="a format of strptime with a year, like '%d.%m.%Y'",
    ),
    Key("slices", KeyKind.TEXTS, "The columns whose values name groups that are measured apart.", wanted=_LIST),
    Key("current", KeyKind.TEXT, "The rows of today that drift is looked for in; absent, the batch itself."),
    Key("holdout_share", KeyKind.NUMBER, "The share of ids that is held out of training.", 0.33, above=0.0, below=1.0),
    Key(
        "train", KeyKind.TEXT,
        "The function that trains: fit(X, y, params) of a module beside this file. Absent: models are trained elsewhere.",
        pattern=_IMPORT, wanted=f"an importable 'module:function': {_TRAIN}",
    ),
    Key(
        "load", KeyKind.TEXT,
        "The function that reads a model of any other kind: load(path) of a module beside this file, which returns what predicts.",
        pattern=_IMPORT,
        wanted="an importable 'module:function': write a function load(path), which returns an object with predict",
    ),
    Key(
        "save", KeyKind.TEXT,
        "The function that writes what train returned: save(estimator, folder) of a module beside this file; load reads it again.",
        pattern=_IMPORT, wanted="an importable 'module:function': write a function save(estimator, folder)",
    ),
    Key("params", KeyKind.SCALARS, "What the training function is given as its params.", wanted=_PARAMS),
    Key("max_rows", KeyKind.WHOLE, "The most rows that one request to the endpoint may hold.", 1000, least=1),
    Key("seed", KeyKind.WHOLE, "The seed of the split and of the training.", 0, least=0),
    Key("trusted_types", KeyKind.TEXTS, "The types beside scikit-learn's that a model file may hold.", wanted=_LIST),
    Key("train_timeout", KeyKind.NUMBER, "The seconds that a training may last.", 3600.0, above=0.0),
    Key("azure", KeyKind.TABLE, "Where the work is done on Azure."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Keep the settings of one project's work.

    ``folder`` is the folder of the configuration file: relative paths and the user's own modules start there.

    ``trust_pickle`` is the reason of ``[tool.gates]`` to read a pickle, empty where there is none.

    ``holdout_share`` is the share of ids held out, ``max_rows`` the largest request, ``train_timeout`` is in seconds.
    """

    folder: Path
    name: str
    roles: ColumnRoles
    data: str | None
    current: str | None
    holdout_share: float
    train: str
    load: str
    save: str
    params: Mapping[str, Value]
    max_rows: int
    seed: int
    trusted_types: tuple[str, ...]
    trust_pickle: str
    train_timeout: float


def read_settings(config: Path) -> Settings:
    """Return ``[tool.ml]`` of a TOML file. Raises `ConfigError` with every fault that it has."""
    tool = read_toml(config).get("tool")
    content = tool.get("ml") if isinstance(tool, dict) else None
    if not isinstance(content, dict):
        raise ConfigError(
            f"{config.name} has no table [tool.ml]",
            "add [tool.ml] with name, id, target, task and train; id may be left out",
        )
    table = Table("tool.ml", content, [], KEYS)
    faults: list[str] = table.faults
    settings = _settings(table, config.resolve().parent, _trust_pickle(tool, faults))
    table.close()
    if table.faults:
        raise ConfigError(tuple(table.faults), f"correct [tool.ml] in {config.name}")
    return settings


def _trust_pickle(tool: object, faults: list[str]) -> str:
    """Return why ``[tool.gates]`` of this very file lets a pickle in, empty where it does not; a policy that it extends cannot."""
    gates = tool.get("gates") if isinstance(tool, dict) else None
    reason = gates.get("trust_pickle", "-") if isinstance(gates, dict) else "-"
    if not isinstance(reason, str) or not reason.strip():
        faults.append(f"[tool.gates] trust_pickle is {reason!r}, wanted the reason why a pickle is trusted, in words")
        return ""
    return "" if reason == "-" else reason.strip()


def _settings(table: Table, folder: Path, trust_pickle: str) -> Settings:
    key = table.texts("id")
    if table.raw("id") == [] or len(set(key)) < len(key) or not all(name.strip() for name in key):
        table.fault("id", f"is {table.raw('id')!r}, wanted the name of a column, or different names")
    roles = ColumnRoles(
        id=name_key(key) or CONTENT,
        target=table.text("target"),
        task=cast(Task, table.text("task")),
        features=table.texts("features"),
        time=table.optional("time"),
        slices=table.texts("slices"),
        group=table.optional("group"),
        weight=table.optional("weight"),
        split=cast(SplitBy, table.text("split")),
        missing=table.texts("missing"),
        raw=table.raw("features") == RAW,
        block=table.optional("block"),
        season=table.optional("season"),
        order=table.text("order"),
        spelling=_spelling(table),
        key=key if len(key) > 1 else (),
    )
    _refuse_double_roles(table, roles)
    if table.raw("save") is not None and table.raw("load") is None:
        table.fault("save", "is named, and load is not, wanted load = a function that reads what save writes")
    _refuse_useless_blocks(table, roles)
    return Settings(
        folder=folder,
        name=table.text("name"),
        roles=roles,
        data=table.optional("data"),
        current=table.optional("current"),
        holdout_share=table.number("holdout_share"),
        train=table.text("train"),
        load=table.text("load"),
        save=table.text("save"),
        params=table.scalars("params"),
        max_rows=table.whole("max_rows"),
        seed=table.whole("seed"),
        trusted_types=table.texts("trusted_types"),
        trust_pickle=trust_pickle,
        train_timeout=table.number("train_timeout"),
    )


def _spelling(table: Table) -> Spelling:
    types: list[tuple[str, ColumnType]] = []
    for name, kind in table.scalars("types").items():
        if kind not in TYPES:
            table.fault(f"types.{name}", f"is {kind!r}, wanted one of {', '.join(map(repr, TYPES))}")
            continue
        types.append((name, cast(ColumnType, kind)))
    decimal, raw = table.text("decimal"), table.raw("thousands")
    thousands = raw if isinstance(raw, str) else ""
    if raw is not None and (len(thousands) != 1 or thousands.isalnum() or thousands in "+-"):
        table.fault("thousands", f"is {raw!r}, wanted one character that is no digit, letter or sign, like ','")
        thousands = ""
    if thousands == decimal:
        table.fault("thousands", f"is {thousands!r}, which is also decimal, wanted two different characters")
    return Spelling(tuple(types), decimal, thousands, table.optional("date_format") or "")


def _refuse_double_roles(table: Table, roles: ColumnRoles) -> None:
    columns = {name: getattr(roles, name) for name in ("id", "target", "time", "group", "weight")}
    for key, other in (("target", "id"), ("time", "id"), ("time", "target"), *_LATER):
        if columns[key] and columns[key] == columns[other]:
            table.fault(key, f"is {columns[key]!r}, which is also the {other} column, wanted two different columns")
    for key in ("id", "target", "weight"):
        if columns[key] and columns[key] in roles.features:
            table.fault(
                "features",
                f"lists {columns[key]!r}, which is the {key} column, wanted columns that are known before the target is",
            )
    for key in ("target", "weight"):
        if columns[key] in roles.key:
            table.fault(key, f"is {columns[key]!r}, which is also a column of id, wanted two different columns")
    if roles.split == "time" and roles.time is None:
        table.fault("split", "is 'time', and no time column is named, wanted time = a column with the time of each row")


def is_block(text: str) -> bool:
    """Return whether ``text`` says which rows are one block: a length of time like ``1d``, or a number like ``50 rows``."""
    return re.fullmatch(_BLOCK, text) is not None and (text.endswith(("row", "rows")) or read_seconds(text) is not None)


def _refuse_useless_blocks(table: Table, roles: ColumnRoles) -> None:
    """A block that cannot be laid is a fault here, and not first when the data are there."""
    seconds = None if roles.block is None else read_seconds(roles.block)
    if roles.block is not None and seconds is None and not roles.block.endswith(("row", "rows")):
        table.fault("block", f"is {roles.block!r}, wanted a length of time above zero, and of at most 100 years")
    if seconds is not None and roles.time is None:
        table.fault(
            "block",
            "is a length of time, and no time column is named, wanted time = a column with the time of each row",
        )
    if roles.season is not None and (seconds is None or DAY % seconds):
        table.fault(
            "season",
            f"goes with a block that divides a day, and block is {roles.block!r}, wanted block = '1d' or shorter",
        )


_LATER = (
    ("group", "id"),
    ("group", "target"),
    ("weight", "id"),
    ("weight", "target"),
    ("weight", "time"),
    ("weight", "group"),
)
