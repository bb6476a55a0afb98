"""``pytest data_checks/`` alone tells things and decides nothing."""

import os
import subprocess
import sys


def pytest_on(suite, project, papers, *options):
    """A plain run in a copy of the project whose configuration names ``papers`` as its data."""
    config = project / "pyproject.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("data/papers.csv", str(papers)), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", suite, "-p", "no:cacheprovider", *options]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    return subprocess.run(command, cwd=project, capture_output=True, text=True, env=environment, timeout=120)


def test_it_prints_the_evidence_and_that_it_is_not_a_verdict(project, papers):
    done = pytest_on("data_checks/test_volume.py", project, papers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gates: evidence" in done.stdout
    assert "rows = 1000 (required >= 100, n = 1,000)" in done.stdout
    assert "not a verdict: 2 checks ran here" in done.stdout


def test_a_selection_stays_green_and_says_what_it_left_out(project, papers):
    done = pytest_on("data_checks/test_volume.py", project, papers, "-k", "enough")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 deselected; only" in done.stdout
