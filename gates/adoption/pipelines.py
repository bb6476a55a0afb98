"""Write a pipeline that runs the gates of a new project, for GitHub or for Azure Pipelines."""

from __future__ import annotations

from collections.abc import Mapping

from gates import __version__

FILES: Mapping[str, str] = {"github": ".github/workflows/gates.yml", "azure": "azure-pipelines-gates.yml"}

_GITHUB = f"""\
# Train, pass the four gates, serve on a local endpoint and promote; a gate that refuses fails the job.
# A runner keeps nothing. To compare with the champion of earlier runs, name a ledger in GATES_REGISTRY.
name: gates

on:
  push:
    branches: [main]
  pull_request:
  workflow_dispatch:

permissions:
  contents: read

jobs:
  gates:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    steps:
      - uses: actions/checkout@v4
        with:
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.11"
      - run: python -m pip install gates=={__version__}
      - run: gates run --json gates.json --junit gates.xml --summary "$GITHUB_STEP_SUMMARY"
      - uses: actions/upload-artifact@v4
        if: always()
        with:
          name: gates
          path: |
            gates.json
            gates.xml
          if-no-files-found: warn
"""

_AZURE = f"""\
# Train, pass the four gates, serve on a local endpoint and promote; a gate that refuses fails the job.
# An agent keeps nothing. To compare with the champion of earlier runs, name a ledger in GATES_REGISTRY.
trigger:
  branches:
    include: [main]

jobs:
  - job: gates
    timeoutInMinutes: 60
    pool:
      vmImage: ubuntu-latest
    steps:
      - task: UsePythonVersion@0
        inputs:
          versionSpec: "3.11"
      - script: python -m pip install gates=={__version__}
        displayName: Install
      - script: gates run --json gates.json --junit gates.xml
        displayName: Run the gates
      - task: PublishTestResults@2
        condition: always()
        inputs:
          testResultsFormat: JUnit
          testResultsFiles: gates.xml
"""


def write_pipeline(kind: str) -> tuple[str, str]:
    """Return the path and the text of the pipeline of a kind of `FILES`."""
    return FILES[kind], _GITHUB if kind == "github" else _AZURE
