"""Pipeline jobs that really run: each step's code is fetched from blob storage, its command runs in a shell, its outputs go back.

Steps run one after the other as their inputs need it; a step that ends with another exit code than 0 fails the job, and what needs
it is not started. What it wrote into its outputs is kept all the same, as with a mounted folder.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from standin.arm import JOBS_CLIENT
from standin.storage import Storage

Property = Callable[[str, str], str]


class Jobs:
    """All jobs of the workspace. ``variables`` are what a machine on the compute finds in its environment."""

    def __init__(self, folder: Path, storage: Storage | None, variables: Mapping[str, str]) -> None:
        self._folder = folder
        self._storage = storage
        self._variables = dict(variables)
        self._status: dict[str, str] = {}
        self._steps: dict[str, dict[str, str]] = {}
        self._threads: list[threading.Thread] = []
        self.logs: dict[tuple[str, str], str] = {}
        self.stuck = False

    def start(self, job: str, properties: Mapping[str, Any], of: Property, resources: Mapping[str, Any]) -> None:
        self._status[job], self._steps[job] = "Running", {}
        if self.stuck:
            return
        thread = threading.Thread(target=self._run, args=(job, properties, of, resources), daemon=True)
        self._threads.append(thread)
        thread.start()

    def status(self, job: str) -> str:
        return self._status[job]

    def cancel(self, job: str) -> None:
        self._status[job] = "Canceled"

    def children(self, job: str) -> list[dict[str, object]]:
        """The steps as the history service lists them."""
        return [
            {
                "runId": f"{job}-{name}", "parentRunId": job, "displayName": name, "status": status, "runType": "azureml.StepRun",
                "properties": {"azureml.ComputeTargetType": "serverless"}, "tags": {}, "experimentId": "e", "services": {},
            }
            for name, status in self._steps.get(job, {}).items()
        ]  # fmt: skip

    def _machine(self, step: Mapping[str, Any]) -> dict[str, str]:
        """What a machine has in its environment: an identity only for a step that carries the assigned one."""
        nobody = () if identity_of(step) == JOBS_CLIENT else ("IDENTITY_ENDPOINT", "IDENTITY_HEADER")
        return {name: value for name, value in self._variables.items() if name not in nobody}

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(300)

    def _run(self, job: str, properties: Mapping[str, Any], of: Property, resources: Mapping[str, Any]) -> None:
        try:
            inputs = {
                name: self._given(job, name, value, of) for name, value in (properties.get("inputs") or {}).items()
            }
            outputs: dict[str, Path] = {}
            steps = dict(properties["jobs"])
            while steps:
                ready = next(name for name, step in steps.items() if not _needs(step) & set(steps))
                self._steps[job][ready] = "Running"
                code = self._step(job, ready, steps.pop(ready), inputs, outputs, of, resources)
                self._steps[job][ready] = "Completed" if code == 0 else "Failed"
                if code != 0:
                    self._status[job] = "Failed"
                    return
            self._status[job] = "Completed"
        except Exception as problem:
            self.logs[job, "stand-in"] = repr(problem)
            self._status[job] = "Failed"

    def _given(self, job: str, name: str, value: Mapping[str, Any], of: Property) -> Path:
        assert self._storage is not None
        address = value["uri"]
        if "/data/" in address and "/versions/" in address:
            address = of(address, "dataUri")
        return self._storage.download(address, self._folder / job / "inputs" / name)

    def _step(
        self, job: str, name: str, step: Mapping[str, Any], inputs: Mapping[str, Path], outputs: dict[str, Path], of: Property,
        resources: Mapping[str, Any],
    ) -> int:  # fmt: skip
        assert self._storage is not None
        spec = resources[step["componentId"].lower()]["properties"]["componentSpec"]
        folder = self._folder / job / name
        code = self._storage.download(of(spec["code"], "codeUri"), folder / "code")
        command = str(spec["command"])
        for key, value in (step.get("inputs") or {}).items():
            found = re.search(r"parent\.(?:jobs\.(\w+)\.outputs\.(\w+)|inputs\.(\w+))", value["value"])
            assert found
            path = inputs[found[3]] if found[3] else outputs[f"{found[1]}.{found[2]}"]
            command = command.replace(f"${{{{inputs.{key}}}}}", str(path))
        places = {}
        for key in spec.get("outputs") or {}:
            outputs[f"{name}.{key}"] = folder / "outputs" / key
            outputs[f"{name}.{key}"].mkdir(parents=True)
            places[key] = str(
                (step.get("outputs", {}).get(key) or {}).get("uri") or f"datastores/x/paths/{job}/{name}/{key}"
            )
            command = command.replace(f"${{{{outputs.{key}}}}}", str(outputs[f"{name}.{key}"]))
        variables = {**(spec.get("environment_variables") or {}), **(step.get("environment_variables") or {})}
        done = subprocess.run(
            ["bash", "-c", command], cwd=code, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env={**_plain_environment(), **self._machine(step), **variables},
        )  # fmt: skip
        self.logs[job, name] = done.stdout + done.stderr
        for key, address in places.items():
            self._storage.upload(outputs[f"{name}.{key}"], address)
        shutil.rmtree(code, ignore_errors=True)
        return done.returncode


def identity_of(step: Mapping[str, Any]) -> str:
    """The client id of the identity that a step carries, as the SDK writes it into a pipeline; empty where it carries none."""
    identity = step.get("identity") or {}
    return str(identity.get("client_id") or "") if identity.get("identity_type") == "Managed" else ""


def _needs(step: Mapping[str, Any]) -> set[str]:
    texts = " ".join(str(value.get("value", "")) for value in (step.get("inputs") or {}).values())
    return set(re.findall(r"parent\.jobs\.(\w+)\.", texts))


def _plain_environment() -> dict[str, str]:
    """What a fresh machine has: none of the secrets of whoever submitted."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
