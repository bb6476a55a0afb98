"""A session is one run on an open project; a run that it causes is another one on the same project."""

import os
import stat

from promotion.small_home import make_small_home

from gates.home import Home


def test_a_caused_run_has_an_id_of_its_own_on_the_same_ledger_and_keys(tmp_path):
    session = make_small_home(tmp_path / "project").session
    caused = session.caused_by("the drift alarm of the night 1")
    assert caused.id != session.id
    assert caused.cause == "the drift alarm of the night 1"
    assert (caused.policy, caused.work, caused.home) == (session.policy, session.work, session.home)
    assert caused.registry is session.registry  # also where several machines share one
    assert (caused.keys, caused.secrets, caused.clock) == (session.keys, session.secrets, session.clock)
    assert caused.judgements == caused.timings == []


def test_a_home_is_its_owners_alone_whatever_the_umask_says(tmp_path):
    before = os.umask(0)
    try:
        home = Home.at(tmp_path / "home")
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.path.stat().st_mode) == 0o700
