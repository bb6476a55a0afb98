"""Data of another kind work by configuration alone: two classes with text labels, and a regression."""

import subprocess
import sys

import pytest
from command_line import ROOT, call, champion_of


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes"])
def test_another_data_set_goes_the_whole_way_by_configuration(name, tmp_path):
    data, home = tmp_path / f"{name}.csv", tmp_path / "home"
    subprocess.run([sys.executable, "-m", "ml.sample", name, str(data)], cwd=ROOT, check=True, capture_output=True)
    policy = ("--policy", f"docs/examples/{name}.toml", "--data", str(data))

    told = call("run", *policy, home=home)
    assert (told.code, told.document["ending"]) == (0, "promoted"), told.out
    assert champion_of(home, name) == 1

    worse = call("run", *policy, "--param", "estimator=decision_tree", "--param", "max_depth=1", home=home)
    assert worse.code == 1, worse.out
    assert "against champion" in " ".join(worse.document["reasons"])
    assert champion_of(home, name) == 1
