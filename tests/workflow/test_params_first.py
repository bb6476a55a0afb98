"""Parameters are looked at before the data are taken: a wrong word costs no data gate."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from fakes.work import FakeWork
from promotion.small_home import make_small_home

from gates.errors import ConfigError
from gates.workflow.pipeline import RunRequest, run_pipeline


@dataclass(frozen=True)
class Particular(FakeWork):
    """Work that takes no parameter named depth, and must not be asked for data after one."""

    def check_params(self, params, into):
        if "depth" in params:
            raise ConfigError(f"depth is {params['depth']}", "leave it out")

    def take(self, source, into):
        raise AssertionError("data were taken")


def test_wrong_parameters_are_refused_before_the_data_are_taken(tmp_path):
    session = make_small_home(tmp_path / "project").session
    session.work = Particular()
    with pytest.raises(ConfigError, match="depth is 4"):
        run_pipeline(session, RunRequest(params=(("depth", "4"),)))
    assert session.judgements == []
    with pytest.raises(AssertionError, match="data were taken"):
        run_pipeline(session, RunRequest(params=(("width", "4"),)))
