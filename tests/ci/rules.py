"""What no workflow and no pipeline of ours may do. Each rule gives a sentence for each place where it is broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ci.commands import fault_of
from ci.files import commands_of, mappings_of, script_of, steps_of

from gates.work.triggers.github import EVENT_TYPE

# The inputs of the actions that are used, as their action.yml lists them. Neither schema nor actionlint knows those of azure/login.
ACTIONS = {
    "actions/checkout@v4": {
        "repository", "ref", "token", "ssh-key", "ssh-known-hosts", "ssh-strict", "ssh-user", "persist-credentials", "path",
        "clean", "filter", "sparse-checkout", "sparse-checkout-cone-mode", "fetch-depth", "fetch-tags", "show-progress", "lfs",
        "submodules", "set-safe-directory", "github-server-url",
    },
    "actions/setup-python@v5": {
        "python-version", "python-version-file", "cache", "architecture", "check-latest", "token", "cache-dependency-path",
        "update-environment", "allow-prereleases", "freethreaded",
    },
    "actions/upload-artifact@v4": {
        "name", "path", "if-no-files-found", "retention-days", "compression-level", "overwrite", "include-hidden-files",
    },
    "actions/download-artifact@v4": {
        "name", "artifact-ids", "path", "pattern", "merge-multiple", "github-token", "repository", "run-id",
    },
    "actions/attest-build-provenance@v3": {
        "subject-path", "subject-digest", "subject-name", "subject-checksums", "push-to-registry", "show-summary", "github-token",
    },
    "pypa/gh-action-pypi-publish@ed0c53931b1dc9bd32cbe73a98c7f6766f8a527e": {  # v1.13.0
        "repository-url", "packages-dir", "verify-metadata", "skip-existing", "verbose", "print-hash", "attestations",
    },
    "azure/login@v2": {
        "creds", "client-id", "tenant-id", "subscription-id", "enable-AzPSSession", "environment", "allow-no-subscriptions",
        "audience", "auth-type",
    },
}  # fmt: skip
# The actions that prove who they are by the workflow's own identity, so that their job needs id-token: write.
_IDENTITY = ("azure/login", "pypa/gh-action-pypi-publish", "actions/attest-build-provenance")
_SOFT = re.compile(r"\|\|\s*(?:true|:|echo|exit 0)|--exit-zero|set \+e|;\s*true\b|\bexit 0\b")
_TRAFFIC = re.compile(r"--traffic\b|traffic\s*[:=]|=100\b")
_EVENT = re.compile(r"\$\{\{[^}]*github\.(?:event\.|head_ref)[^}]*\}\}")
_GATE = re.compile(
    r"\bgates (?:run|check|nightly|promote|verify|diff-policy)\b|gates\.work\.backends\.azure (?:submit|deploy|data)\b"
)
_SECRETS = re.compile(
    r"secrets\.(?!(?:GITHUB_TOKEN|AZURE_CLIENT_ID|AZURE_TENANT_ID|AZURE_SUBSCRIPTION_ID)\b)\w*|AZURE_CREDENTIALS|servicePrincipalKey|(?i:password|account[_-]?key|sas[_-]?token)"
)
# ^ the three ids only say who asks; they open nothing by themselves
_ALWAYS = re.compile(r"always\(\)|cancelled\(\)|failure\(\)|failed\(\)|succeededOrFailed\(\)", re.IGNORECASE)


def broken_in_both(text: str, document: dict[str, Any]) -> Iterator[str]:
    """The rules that GitHub and Azure share."""
    for node in mappings_of(document):
        for key in ("continue-on-error", "continueOnError"):
            if node.get(key, False) is not False:
                yield f"{key}: a gate that fails must end the job"
    for step in steps_of(document):
        script = script_of(step)
        if found := _SOFT.search(script):
            yield f"{found[0]!r} hides a failure"
        if found := _TRAFFIC.search(script):
            yield f"{found[0]!r} moves traffic past the rollout; use python -m gates.work.backends.azure deploy"
        for words in commands_of(script):
            if fault := fault_of(words):
                yield f"no such command: {fault}"
    if found := _SECRETS.search(re.sub(r"(?m)^\s*#.*$", "", text)):
        yield f"{found[0]!r} is a long-lived secret; use workload identity (OIDC)"


def broken_in_workflow(text: str, document: dict[str, Any]) -> Iterator[str]:
    """The rules for a workflow of GitHub."""
    yield from broken_in_both(text, document)
    jobs: dict[str, Any] = document["jobs"]
    if "pull_request_target" in document["on"]:
        yield "pull_request_target gives strangers a token that writes"
    if document.get("permissions") != {"contents": "read"}:
        yield "permissions: of the whole file must be contents: read, and nothing else"
    for name, job in jobs.items():
        yield from (f"{name}: {fault}" for fault in _job(job))
        identifies = any(str(step.get("uses", "")).startswith(_IDENTITY) for step in job["steps"])
        if identifies != (job.get("permissions", {}).get("id-token") == "write"):
            yield f"{name}: permissions id-token: write belongs to {', '.join(_IDENTITY)} and to nothing else"
        writing = {key for key, value in job.get("permissions", {}).items() if value == "write"} - _needed_rights(job)
        if writing:
            yield f"{name}: may write {', '.join(sorted(writing))}"
    yield from _aggregated(jobs)
    yield from _published(document, jobs)
    if "deploy" in jobs:
        yield from _deployed(document, jobs)


def _needed_rights(job: dict[str, Any]) -> set[str]:
    """Return what a job may write: its identity, an attestation that it makes, a release that it creates without a checkout."""
    rights = {"id-token"}
    uses = [str(step.get("uses", "")) for step in job["steps"]]
    if any(action.startswith("actions/attest-build-provenance") for action in uses):
        rights.add("attestations")
    releases = any("gh release create" in script_of(step) for step in job["steps"])
    if releases and not any(action.startswith("actions/checkout") for action in uses):
        rights.add("contents")
    return rights


def _published(document: dict[str, Any], jobs: dict[str, Any]) -> Iterator[str]:
    """Give what is wrong with the job that publishes to a package index, if there is one."""
    for name, job in jobs.items():
        publishing = [str(step.get("uses", "")).startswith("pypa/gh-action-pypi-publish") for step in job["steps"]]
        if not any(publishing):
            continue
        if document["on"] != {"push": {"tags": ["v*"]}}:
            yield f"{name}: it publishes on more than a tag v*"
        if job.get("environment") != "pypi":
            yield f"{name}: has no environment: pypi, so the index trusts every job of this file"
        if "if" in job:
            yield f"{name}: publishes if {job['if']}: needs alone must decide"
        needed = [jobs[other] for other in _listed(job.get("needs")) if other in jobs]
        scripts = "\n".join(script_of(step) for other in needed for step in other["steps"])
        for wanted in ("make lint", "make test", "twine check --strict", "wheel_smoke.py", "release_notes.py"):
            if wanted not in scripts:
                yield f"{name}: publishes without {wanted} in a job that it needs"
        if not any(
            str(step.get("uses", "")).startswith("actions/attest") for other in needed for step in other["steps"]
        ):
            yield f"{name}: publishes without an attestation in a job that it needs"
        if any(script_of(step) or str(step.get("uses", "")).startswith("actions/checkout") for step in job["steps"]):
            yield f"{name}: runs code beside publishing, which could use its identity"


def _job(job: dict[str, Any]) -> Iterator[str]:
    if not isinstance(job.get("timeout-minutes"), int):
        yield "has no timeout-minutes"
    gates, kept = False, False
    for step in job["steps"]:
        script = script_of(step)
        if found := _EVENT.search(script):
            yield f"{found[0]!r} in a script lets the event write the script; give it in env"
        if _GATE.search(script):
            gates = True
            if step.get("if"):
                yield f"a gate runs only if {step['if']}"
        uses = step.get("uses")
        if uses is not None:
            known = ACTIONS.get(uses)
            if known is None:
                yield f"{uses} is not one of the actions that were looked at"
            else:
                yield from (f"{uses} has no input {key!r}" for key in step.get("with", {}) if key not in known)
            if uses.startswith("actions/checkout") and step.get("with", {}).get("persist-credentials") is not False:
                yield "checkout leaves its token in .git; set persist-credentials: false"
            if uses.startswith("azure/login"):
                inputs = step.get("with", {})
                if "creds" in inputs or not {"client-id", "tenant-id", "subscription-id"} <= set(inputs):
                    yield "azure/login needs client-id, tenant-id and subscription-id, and no creds"
            kept = kept or (uses.startswith("actions/upload-artifact") and step.get("if") == "always()")
    wants_evidence = gates and not any("diff-policy" in script_of(step) for step in job["steps"])
    if wants_evidence and not kept:
        yield "the evidence of its gates is not kept with if: always()"


def _aggregated(jobs: dict[str, Any]) -> Iterator[str]:
    """With more than one job, one job looks at all others and counts a skipped one as a failure."""
    if len(jobs) == 1:
        return
    looking = [
        name
        for name, job in jobs.items()
        if job.get("if") == "always()"
        and set(_listed(job.get("needs"))) == jobs.keys() - {name}
        and any("needs.*.result" in str(step.get("env")) for step in job["steps"])
        and any(re.search(r'test "\$RESULTS" = ', script_of(step)) for step in job["steps"])
    ]
    if len(looking) != 1:
        yield "no job with if: always() looks at the results of all others: a skipped job would count as a success"


def _deployed(document: dict[str, Any], jobs: dict[str, Any]) -> Iterator[str]:
    deploy = jobs["deploy"]
    if "train-register" not in _listed(deploy.get("needs")):
        yield "deploy does not need train-register"
    if "if" in deploy:
        yield f"deploy runs only if {deploy['if']}: needs alone must decide"
    if deploy.get("environment") != "production":
        yield "deploy has no environment: production, so nobody is asked"
    if document.get("concurrency", {}).get("cancel-in-progress") is not False or not document["concurrency"].get(
        "group"
    ):
        yield "two rollouts could run at once, or one be cancelled in the middle"
    on = document["on"]
    if on.get("repository_dispatch", {}).get("types") != [EVENT_TYPE]:
        yield f"repository_dispatch does not listen for {EVENT_TYPE}"
    if "ml/**" not in on.get("push", {}).get("paths", []):
        yield "a push to ml/ does not start it"


def _listed(needs: object) -> list[str]:
    return [needs] if isinstance(needs, str) else list(needs) if isinstance(needs, list) else []


def broken_in_pipeline(text: str, document: dict[str, Any]) -> Iterator[str]:
    """The rules for a pipeline of Azure."""
    yield from broken_in_both(text, document)
    steps = list(steps_of(document))
    for step in steps:
        if _GATE.search(script_of(step)) and "condition" in step:
            yield f"a gate runs only on the condition {step['condition']}"
        if str(step.get("task", "")).startswith("PublishTestResults"):
            inputs = step.get("inputs", {})
            if not (inputs.get("failTaskOnFailedTests") is True and inputs.get("failTaskOnMissingResultsFile") is True):
                yield "PublishTestResults takes failed or missing results for success"
        connection = str(step.get("inputs", {}).get("azureSubscription", ""))
        if "$(" in connection:
            yield f"azureSubscription is read before a variable of a group is there: write the name, not {connection}"
        if str(step.get("task", "")).startswith("AzureCLI") and "set -euo pipefail" not in script_of(step):
            yield "a script of several commands goes on after one failed; begin it with set -euo pipefail"
    stages: list[dict[str, Any]] = document["stages"]
    for before, stage in zip([None, *stages], stages, strict=False):
        if before is not None and stage.get("dependsOn") != before["stage"]:
            yield f"stage {stage['stage']} does not wait for stage {before['stage']}"
        for node in (stage, *stage["jobs"]):
            if "condition" in node:
                yield f"stage {stage['stage']} runs on a condition of its own"
        for job in stage["jobs"]:
            if "timeoutInMinutes" not in job:
                yield f"a job of stage {stage['stage']} has no timeoutInMinutes"
    if any("gates.work.backends.azure deploy" in script_of(step) for step in steps):
        yield from _asked(stages)
    if any("gates.work.backends.azure submit" in script_of(step) for step in steps):
        yield from _trained(document, steps)


def _asked(stages: list[dict[str, Any]]) -> Iterator[str]:
    """Before the stage that deploys, a person is asked."""
    deploying = next(n for n, stage in enumerate(stages) if "gates.work.backends.azure deploy" in str(stage))
    asking = [
        (job, step)
        for stage in stages[:deploying]
        for job in stage["jobs"]
        for step in steps_of(job)
        if step.get("task") == "ManualValidation@1"
    ]
    if len(asking) != 1:
        yield "nobody is asked before the rollout: ManualValidation@1 is missing"
        return
    job, step = asking[0]
    inputs = step.get("inputs", {})
    if job.get("pool") != "server":
        yield "ManualValidation needs pool: server"
    if inputs.get("onTimeout") != "reject":
        yield "a question that nobody answers is taken for a yes; set onTimeout: reject"
    if not inputs.get("approvers"):
        yield "anybody may approve; name approvers"
    if inputs.get("allowApproversToApproveTheirOwnRuns") is not False:
        yield "approvers may approve their own runs"


def _trained(document: dict[str, Any], steps: list[dict[str, Any]]) -> Iterator[str]:
    names = {parameter["name"] for parameter in document.get("parameters", [])}
    if names != {"dataUrl", "dataETag"}:
        yield "the parameters are not dataUrl and dataETag, which gates watch gives"
    for task in ("PublishTestResults", "PublishCodeCoverageResults"):
        if not any(str(step.get("task", "")).startswith(task) for step in steps):
            yield f"there is no {task}"
    artifacts = {step.get("artifact"): step for step in steps if "publish" in step}
    if "condition" in artifacts.get("model", {"condition": ""}):
        yield "the artifact model is missing, or announced although nothing was registered"
    if not _ALWAYS.search(str(artifacts.get("gate-evidence", {}).get("condition"))):
        yield "the evidence is not kept when a gate refuses"
