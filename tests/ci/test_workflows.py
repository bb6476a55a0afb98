"""No workflow and no pipeline of ours breaks a rule, and each rule fires on a file that breaks it."""

import pytest
from ci.files import PIPELINES, ROOT, WORKFLOWS, commands_of, load
from ci.rules import broken_in_pipeline, broken_in_workflow

TRAIN_DEPLOY, PR, NIGHTLY, RELEASE = (
    ROOT / ".github/workflows" / name for name in ("train_deploy.yml", "pr.yml", "nightly_drift.yml", "release.yml")
)
CI, CD = (ROOT / ".pipelines" / name for name in ("model-train-register-ci.yml", "model-deploy-cd.yml"))


def faults_of(text, pipeline=False):
    return list((broken_in_pipeline if pipeline else broken_in_workflow)(text, load(text)))


def test_the_files_are_all_there():
    assert set(WORKFLOWS) >= {TRAIN_DEPLOY, PR, NIGHTLY, RELEASE}
    assert set(PIPELINES) == {CI, CD}


@pytest.mark.parametrize("path", [*WORKFLOWS, *PIPELINES], ids=lambda path: path.name)
def test_no_rule_is_broken(path):
    assert faults_of(path.read_text(encoding="utf-8"), pipeline=path in PIPELINES) == []


# ruff: noqa: E501 - one fault a line reads like a table
WORKFLOW_FAULTS = [
    (TRAIN_DEPLOY, "    needs: train-register\n", "", "deploy does not need train-register"),
    (TRAIN_DEPLOY, "    needs: train-register\n", "    needs: train-register\n    if: always()\n", "deploy runs only if always()"),
    (TRAIN_DEPLOY, "    environment: production\n", "", "so nobody is asked"),
    (TRAIN_DEPLOY, "  cancel-in-progress: false", "  cancel-in-progress: true", "be cancelled in the middle"),
    (TRAIN_DEPLOY, "types: [storage-blobupdated]", "types: [storage-blob-updated]", "does not listen for storage-blobupdated"),
    (TRAIN_DEPLOY, "      - ml/**\n", "", "a push to ml/ does not start it"),
    (TRAIN_DEPLOY, "    timeout-minutes: 240\n    environment", "    environment", "deploy: has no timeout-minutes"),
    (TRAIN_DEPLOY, "      id-token: write\n    steps", "    steps", "train-register: permissions id-token: write belongs to"),
    (TRAIN_DEPLOY, "      contents: read\n      id-token", "      contents: write\n      id-token", "may write contents"),
    (TRAIN_DEPLOY, "permissions:\n  contents: read\n\n", "", "permissions: of the whole file must be contents: read"),
    (TRAIN_DEPLOY, "permissions:\n  contents: read\n\n", "permissions: write-all\n\n", "must be contents: read"),
    (TRAIN_DEPLOY, "${{ secrets.AZURE_CLIENT_ID }}", "${{ secrets.AZURE_CLIENT_SECRET }}", "'secrets.AZURE_CLIENT_SECRET' is a long-lived secret"),
    (TRAIN_DEPLOY, "client-id: ${{ secrets.AZURE_CLIENT_ID }}", "creds: ${{ secrets.AZURE_CREDENTIALS }}", "and no creds"),
    (TRAIN_DEPLOY, "subscription-id:", "subscripton-id:", "azure/login@v2 has no input 'subscripton-id'"),
    (TRAIN_DEPLOY, "azure/login@v2", "azure/login@v1", "is not one of the actions that were looked at"),
    (TRAIN_DEPLOY, "          persist-credentials: false", "          fetch-depth: 1", "set persist-credentials: false"),
    (TRAIN_DEPLOY, '      - name: Keep the evidence\n        if: always()', '      - name: Keep the evidence', "is not kept with if: always()"),
    (TRAIN_DEPLOY, "deploy --build", "deploy --biuld", "no such command: gates.work.backends.azure"),
    (TRAIN_DEPLOY, "gates.work.backends.azure submit", "gates.work.backends.azure sumbit", "no such command: gates.work.backends.azure"),
    (TRAIN_DEPLOY, "gates.work.backends.azure submit", "gates.work.backends.azur submit", "there is no module gates.work.backends.azur"),
    (TRAIN_DEPLOY, "gates check data", "gates check dat", "no such command: gates"),
    (TRAIN_DEPLOY, "--summary", "--sumary", "no such command: gates"),
    (TRAIN_DEPLOY, "          gates verify\n", "          gates verify || true\n", "'|| true' hides a failure"),
    (TRAIN_DEPLOY, "          gates verify\n", "          set +e\n          gates verify\n", "'set +e' hides a failure"),
    (TRAIN_DEPLOY, "          gates verify\n", "          ruff check --exit-zero\n", "'--exit-zero' hides a failure"),
    (TRAIN_DEPLOY, "          gates verify\n", "          az ml online-endpoint update --name e --traffic green=100\n", "moves traffic past"),
    (TRAIN_DEPLOY, "      - name: Train, evaluate", "      - continue-on-error: true\n        name: Train, evaluate", "a gate that fails must end the job"),
    (TRAIN_DEPLOY, "      - name: Train, evaluate", "      - continue-on-error: ${{ true }}\n        name: Train, evaluate", "a gate that fails must end"),
    (TRAIN_DEPLOY, "      - name: Train, evaluate", "      - if: success() || failure()\n        name: Train, evaluate", "a gate runs only if"),
    (TRAIN_DEPLOY, 'echo "train-register and', 'echo "${{ github.event.client_payload.url }}" "train-register and', "lets the event write the script"),
    (TRAIN_DEPLOY, "    if: always()\n    needs: [train-register, deploy]", "    needs: [train-register, deploy]", "a skipped job would count as a success"),
    (TRAIN_DEPLOY, "    needs: [train-register, deploy]", "    needs: [train-register]", "a skipped job would count as a success"),
    (TRAIN_DEPLOY, 'test "$RESULTS" = "success success"', "true", "a skipped job would count as a success"),
    (TRAIN_DEPLOY, "  finished:\n", "  finished:\n    continue-on-error: true\n", "a gate that fails must end the job"),
    (PR, "  pull_request:\n", "  pull_request_target:\n", "gives strangers a token"),
    (PR, "run: make lint", "run: make lnit", "make has no target lnit"),
    (PR, "python -m ml.sample lab", "python -m ml.sampel lab", "there is no module ml.sampel"),
    (PR, "ml.sample lab data/papers.csv", "ml.sample lab data/papers.csv --rows 5", "ml.sample"),
    (RELEASE, '    tags: ["v*"]\n', '    tags: ["v*"]\n    branches: [main]\n', "it publishes on more than a tag v*"),
    (RELEASE, "  push:\n", "  workflow_dispatch:\n  push:\n", "it publishes on more than a tag v*"),
    (RELEASE, "    environment: pypi\n", "", "publish: has no environment: pypi"),
    (RELEASE, "    environment: pypi\n", "    environment: pypi\n    if: always()\n", "publishes if always()"),
    (RELEASE, "    needs: [test, build, attest]\n", "    needs: [build, attest]\n", "publishes without make test"),
    (RELEASE, "    needs: [test, build, attest]\n", "    needs: [test, attest]\n", "publishes without twine check --strict"),
    (RELEASE, "    needs: [test, build, attest]\n", "    needs: [test, build]\n", "publishes without an attestation"),
    (RELEASE, "wheel_smoke.py", "other.py", "publishes without wheel_smoke.py"),
    (RELEASE, "release_notes.py", "other.py", "publishes without release_notes.py"),
    (RELEASE, "      - uses: pypa/", "      - run: python -m build\n      - uses: pypa/", "runs code beside publishing"),
    (RELEASE, "# v1.13.0", "# v1.13.0\n        with:\n          user: __token__", "has no input 'user'"),
    (RELEASE, "# v1.13.0", "# v1.13.0\n        with:\n          password: ${{ secrets.PYPI_TOKEN }}", "is a long-lived secret"),
    (RELEASE, "@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e", "@main", "is not one of the actions that were looked at"),
    (RELEASE, "    permissions:\n      id-token: write\n", "", "publish: permissions id-token: write belongs to"),
    (RELEASE, "permissions:\n      contents: write\n", "permissions:\n      contents: write\n      packages: write\n", "announce: may write packages"),
    (RELEASE, "run: gh release create", "run: gh release view", "announce: may write contents"),
    (RELEASE, "actions/attest-build-provenance@v3", "azure/login@v2", "may write attestations"),
    (NIGHTLY, "gates nightly", "gates nigthly", "no such command: gates"),
]  # fmt: skip
PIPELINE_FAULTS = [
    (CD, "ManualValidation@1", "ManualValidation@0", "nobody is asked before the rollout"),
    (CD, "onTimeout: reject", "onTimeout: resume", "is taken for a yes"),
    (CD, "              approvers: $(APPROVERS)\n", "", "anybody may approve"),
    (CD, "allowApproversToApproveTheirOwnRuns: false", "allowApproversToApproveTheirOwnRuns: true", "their own runs"),
    (CD, "              allowApproversToApproveTheirOwnRuns: false\n", "", "their own runs"),
    (CD, "        pool: server\n", "", "needs pool: server"),
    (CD, "    dependsOn: approve\n", "    dependsOn: model\n", "stage deploy does not wait for stage approve"),
    (CD, "    dependsOn: approve\n", "    dependsOn: approve\n    condition: always()\n", "runs on a condition of its own"),
    (CD, "gates.work.backends.azure deploy --build", "gates.work.backends.azure deploy --id", "no such command"),
    (CD, "                      gates verify\n", "                      az ml online-endpoint update --traffic blue=100\n", "moves traffic past"),
    (CI, "      - job: train_register\n", "      - job: train_register\n        continueOnError: true\n", "a gate that fails must end the job"),
    (CI, "    dependsOn: test\n", "", "stage train does not wait for stage test"),
    (CI, "                set -euo pipefail\n                . .venv", "                . .venv", "goes on after one failed"),
    (CI, "              failTaskOnMissingResultsFile: true\n", "", "failed or missing results for success"),
    (CI, "failTaskOnFailedTests: true", "failTaskOnFailedTests: false", "failed or missing results for success"),
    (CI, "name: dataETag", "name: etag", "which gates watch gives"),
    (CI, "PublishCodeCoverageResults@1", "PublishPipelineArtifact@1", "there is no PublishCodeCoverageResults"),
    (CI, "            artifact: model\n", "            artifact: model\n            condition: always()\n", "although nothing was registered"),
    (CI, "            artifact: gate-evidence\n            condition: succeededOrFailed()\n", "            artifact: gate-evidence\n", "not kept when a gate refuses"),
    (CI, "          - task: AzureCLI@2\n", "          - task: AzureCLI@2\n            condition: always()\n", "a gate runs only on the condition"),
    (CI, '        timeoutInMinutes: "240"\n', "", "has no timeoutInMinutes"),
    (CI, "azureSubscription: gates-azure", "azureSubscription: gates-azure\n              password: $(PASSWORD)", "is a long-lived secret"),
    (CI, "azureSubscription: gates-azure", "azureSubscription: $(AZURE_CONNECTION)", "is read before a variable of a group is there"),
    (CD, "azureSubscription: gates-azure", "azureSubscription: $(AZURE_CONNECTION)", "is read before a variable of a group is there"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [*WORKFLOW_FAULTS, *PIPELINE_FAULTS],
    ids=lambda value: value.strip()[:40] if isinstance(value, str) else value.name,
)
def test_a_file_that_breaks_a_rule_is_told(path, old, new, expected):
    text = path.read_text(encoding="utf-8")
    assert old in text, "the mutation has nothing to bite on"
    faults = faults_of(text.replace(old, new), pipeline=path in PIPELINES)
    assert any(expected in fault for fault in faults), faults


def test_a_repeated_key_is_an_error():
    with pytest.raises(AssertionError, match="a key is repeated in line 1"):
        load("a: 1\na: 2\n")


def test_commands_are_found_behind_continuations_variables_and_pipes():
    script = 'X=1 gates run --data "$DATA" \\\n  --json a.json | tee log; python -m ml.x "${{ a b }}" && make test # no'
    assert list(commands_of(script)) == [
        ["gates", "run", "--data", "$DATA", "--json", "a.json"],
        ["tee", "log"],
        ["python", "-m", "ml.x", "EXPRESSION"],
        ["make", "test"],
    ]
