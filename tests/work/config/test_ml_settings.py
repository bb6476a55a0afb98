"""[tool.ml] is read strictly, and every fault is reported at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from gates.errors import ConfigError
from gates.work.config.settings import read_settings
from gates.work.records import Spelling

GOOD = {"name": '"m"', "id": '"a"', "target": '"b"', "task": '"regression"', "train": '"training:fit"'}


def settings_of(folder: Path, **changes: str):
    config = folder / "gates.toml"
    keys = GOOD | changes
    config.write_text(
        "[tool.ml]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value), encoding="utf-8"
    )
    return read_settings(config)


def test_defaults_are_filled_in(tmp_path):
    settings = settings_of(tmp_path)
    assert (settings.holdout_share, settings.max_rows, settings.train, settings.seed) == (
        0.33,
        1000,
        "training:fit",
        0,
    )
    assert settings.roles.features == settings.roles.slices == ()
    assert settings.folder == tmp_path


def test_everything_can_be_said(tmp_path):
    settings = settings_of(
        tmp_path, features='["x", "y"]', time='"t"', slices='["x"]', current='"now.csv"', holdout_share="0.5", data='"d.csv"',
        train='"my.work:fit"',
        params='{ estimator = "ridge", alpha = 2 }', max_rows="7", seed="3", trusted_types='["my.T"]', train_timeout="9",
    )  # fmt: skip
    assert settings.roles.features == ("x", "y")
    assert settings.params == {"estimator": "ridge", "alpha": 2}
    assert (settings.trusted_types, settings.train_timeout, settings.current) == (("my.T",), 9.0, "now.csv")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("name", "", "name is missing"),
        ("name", '"../x"', "name is '../x'"),
        ("id", "5", "id is 5, wanted the name of the column that identifies a row"),
        ("id", '""', "id is ''"),
        ("id", "[]", "id is [], wanted the name of a column, or different names"),
        ("id", '["a", "a"]', "id is ['a', 'a'], wanted the name of a column, or different names"),
        ("id", '["a", "b"]', "target is 'b', which is also a column of id"),
        ("target", "5", "target is 5"),
        ("target", '"a"', "target is 'a', which is also the id column"),
        ("task", '"clasification"', "did you mean 'classification'?"),
        ("task", "", "task is missing"),
        ("time", '"b"', "which is also the target column"),
        ("features", '"x"', "features is 'x', wanted a list of texts"),
        (
            "features",
            '"Raw"',
            'features is \'Raw\', wanted a list of texts, like ["a", "b"], or "raw" for every column as it was read',
        ),
        ("features", '["x", "x"]', "lists 'x' more than once"),
        ("features", '["x", "b"]', "lists 'b', which is the target column"),
        ("features", '["a"]', "lists 'a', which is the id column"),
        ("holdout_share", "1.0", "wanted a number above 0 and below 1"),
        ("holdout_share", "nan", "holdout_share is nan"),
        ("holdout_share", "true", "holdout_share is True"),
        ("max_rows", "0", "a whole number of at least 1"),
        ("max_rows", "2.5", "max_rows is 2.5"),
        ("seed", "-1", "seed is -1"),
        ("train", '"no colon"', "wanted an importable 'module:function'"),
        (
            "train",
            "5",
            "train is 5, wanted an importable 'module:function': write a function fit(X, y, params) in a module",
        ),
        ("train_timeout", "0", "train_timeout is 0"),
        ("params", "5", "params is 5, wanted a table"),
        ("params", "{ a = [1] }", "params.a is [1]"),
        ("trusted_types", "[5]", "trusted_types is [5]"),
        ("current", '" "', "current is ' '"),
        ("target", '["a", "c"]', "several targets at once are not supported: train a model for each"),
        ("group", '"a"', "group is 'a', which is also the id column"),
        ("group", '"b"', "group is 'b', which is also the target column"),
        ("group", "5", "group is 5"),
        ("weight", '"b"', "weight is 'b', which is also the target column"),
        ("split", '"random"', "split is 'random', wanted 'id' or 'time'"),
        ("split", '"time"', "split is 'time', and no time column is named"),
        ("block", "50", "block is 50, wanted a length of time like '1d' or '12h', or a number of rows like '50 rows'"),
        ("block", '"weekly"', "block is 'weekly', wanted a length of time"),
        ("block", '"0d"', "wanted a length of time above zero"),
        ("block", '"1d"', "block is a length of time, and no time column is named"),
        ("season", '"weekday"', "season goes with a block that divides a day, and block is None"),
        ("season", '"tide"', "season is 'tide'"),
        ("order", '"time"', "order is 'time', wanted 'file' or 'none'"),
        ("types", '{ code = "word" }', "types.code is 'word', wanted one of 'number', 'text', 'date'"),
        ("types", '"text"', "types is 'text', wanted a table of columns"),
        ("decimal", '"p"', "decimal is 'p'"),
        ("thousands", '"00"', "thousands is '00', wanted one character that is no digit"),
        ("thousands", '"."', "thousands is '.', which is also decimal"),
        ("thousands", "5", "thousands is 5, wanted one character"),
        ("date_format", '"day"', "date_format is 'day', wanted a format of strptime"),
        ("missing", '"NA"', "missing is 'NA', wanted a list of texts"),
        ("missing", '["", ""]', "lists '' more than once"),
        ("hold_out_share", "0.3", "did you mean 'holdout_share'?"),
    ],
)
def test_a_fault_is_named(tmp_path, key, value, expected):
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, **{key: value})
    assert expected in caught.value.message
    assert caught.value.exit_code == 2


def test_groups_weights_and_another_split_are_no_features(tmp_path):
    roles = settings_of(
        tmp_path, group='"g"', weight='"w"', time='"t"', split='"time"', missing='[""]'
    ).roles  # fmt: skip
    assert (roles.group, roles.weight, roles.split, roles.missing) == ("g", "w", "time", ("",))
    assert roles.apart == {"a", "b", "g", "w", "t"}
    with pytest.raises(ConfigError, match="lists 'w', which is the weight column"):
        settings_of(tmp_path, weight='"w"', features='["w", "x"]')


def test_blocks_and_seasons_are_read(tmp_path):
    roles = settings_of(tmp_path, time='"t"', block='"12h"', season='"weekday"', order='"none"').roles
    assert (roles.block, roles.season, roles.order) == ("12h", "weekday", "none")
    assert settings_of(tmp_path, block='"50 rows"').roles.block == "50 rows"
    absent = settings_of(tmp_path).roles
    assert (absent.block, absent.season, absent.order) == (None, None, "file")


def test_all_faults_come_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, name="", task='"x"', seed="-1", colour='"red"')
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize(
    ("content", "expected"),
    [("[tool]\n", "no table [tool.ml]"), ("[tool\n", "cannot be read as TOML"), ("tool = 5\n", "no table")],
)
def test_a_file_without_settings_is_refused(tmp_path, content, expected):
    config = tmp_path / "pyproject.toml"
    config.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=expected.replace("[", r"\[")):
        read_settings(config)


def test_how_values_are_written_is_read(tmp_path):
    spelling = settings_of(
        tmp_path, types='{ x = "text" }', decimal='","', thousands='" "', date_format='"%d.%m.%Y"'
    ).roles.spelling
    assert spelling == Spelling((("x", "text"),), ",", " ", "%d.%m.%Y")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere.toml does not exist"):
        read_settings(tmp_path / "nowhere.toml")


def test_the_word_raw_stands_for_every_column_as_it_was_read(tmp_path):
    assert settings_of(tmp_path, features='"raw"').roles.raw
    listed = settings_of(tmp_path, features='["raw"]').roles  # a column of that name
    assert (listed.raw, listed.features) == (False, ("raw",))
