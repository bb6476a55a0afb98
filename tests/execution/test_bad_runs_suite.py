"""Suites that change, link elsewhere, vanish, or hold nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bent_runs import (
    Row,
    checks,
    policy,
    refused,
)
from small_project import make_project

from gates.errors import SubjectError

BAD_RUNS: dict[str, Row] = {
    # the suite
    "a suite that edits itself": (
        checks(
            second="from pathlib import Path\n\n\ndef test_answers():\n    Path(__file__).open('a').write('# done')\n"
        ),
        "the suite of the model gate changed while it ran",
    ),
    "a suite that adds a file": (
        checks(
            second="from pathlib import Path\n\n\ndef test_answers():\n    Path(__file__).with_name('x.py').touch()\n"
        ),
        "the suite of the model gate changed while it ran",
    ),
}


@pytest.mark.parametrize(("files", "sentence"), BAD_RUNS.values(), ids=list(BAD_RUNS))
def test_a_bad_run_is_refused_with_its_sentence(files, sentence, tmp_path):
    refused(files, sentence, tmp_path)


@pytest.mark.usefixtures("here")
def test_an_empty_suite_is_no_pass(tmp_path):
    (tmp_path / "nothing").mkdir()
    judgement = make_project(tmp_path, **policy('suite = "model_checks"', 'suite = "nothing"')).judge()
    assert not judgement.could_judge
    assert "pytest ended with exit status 5" in "\n".join(map(str, judgement.reasons))


def _link_file(folder) -> None:
    (folder / "test_link.py").symlink_to(folder / "test_floors.py")


def _link_folder(folder) -> None:
    (folder / "more").symlink_to(folder.parent / "data_checks")


def _dangle(folder) -> None:
    (folder / "test_gone.py").symlink_to(folder / "nothing.py")


@pytest.mark.parametrize("bend", [_link_file, _link_folder, _dangle])
def test_a_symbolic_link_in_the_suite_is_refused(bend: Callable, tmp_path):
    project = make_project(tmp_path)
    bend(tmp_path / "model_checks")
    with pytest.raises(SubjectError, match="is a symbolic link"):
        project.judge()


@pytest.mark.usefixtures("here")
def test_a_suite_that_vanishes_while_it_runs_is_refused(tmp_path):
    gone = (
        "import shutil\nfrom pathlib import Path\n\n\ndef test_answers():\n    shutil.rmtree(Path(__file__).parent)\n"
    )
    with pytest.raises(SubjectError, match="does not exist"):
        make_project(tmp_path, **checks(second=gone)).judge()
