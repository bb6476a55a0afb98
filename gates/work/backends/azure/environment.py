"""The software of a job and of a deployment: exactly what the project's constraints pin, and nothing that it does not need.

The packages are those of ``gates[azure,gx,alibi,serve]`` and what they need in turn, each at the version in ``constraints.txt``
beside the configuration, else at the version installed here. A package of that list without a version is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from gates.errors import ConfigError
from gates.work.backends.azure.settings import AzureSettings
from gates.work.records import ModelSignature

if TYPE_CHECKING:
    from azure.ai.ml.entities import Environment

_PROJECT = "gates"
_JOB = f"{_PROJECT}[azure,gx,alibi,serve]"
_SCORING = (
    "azureml-inference-server-http", "inference-schema", "scikit-learn", "skops", "numpy", "pandas", "scipy", "pyarrow", "pydantic",
)  # fmt: skip
_PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)==(?P<version>[^\s;#]+)")
_PYTHON = "3.11"
_NONE: Mapping[str, str] = {}


def training_environment(settings: AzureSettings) -> Environment:
    """Return the environment of a job: Gates with the extras of a job, pinned. Raises `ConfigError` like `pins`."""
    return _environment(settings.training_image, pins(settings.folder, (_JOB,)))


def serving_environment(settings: AzureSettings, libraries: Mapping[str, str]) -> Environment:
    """Return the environment of a deployment: the packages that scoring needs, pinned. Raises `ConfigError` like `pins`.

    ``libraries`` are those that read the model, at the versions of its signature.
    """
    return _environment(settings.serving_image, pins(settings.folder, (*_SCORING, *libraries), libraries))


def libraries_of(signature: ModelSignature) -> dict[str, str]:
    """Return the libraries that read a model beside those of every deployment, at the versions that its signature keeps.

    The part of a version behind ``+`` names a build of one machine (like torch 2.9.1+cpu), which no package index offers.
    """
    every = {_plain(name) for name in (*_SCORING, "python")}
    return {
        name: version.partition("+")[0]
        for name, version in sorted(signature.versions.items())
        if _plain(name) not in every
    }


def pins(folder: Path, wanted: tuple[str, ...], exact: Mapping[str, str] = _NONE) -> tuple[str, ...]:
    """Return ``name==version`` of the packages ``wanted`` and of all that they need, sorted. Raises `ConfigError`.

    ``exact`` are versions that no other may replace, neither that of ``constraints.txt`` nor the one installed here.
    """
    pinned = _pinned(folder / "constraints.txt")
    versions: dict[str, str] = {}
    _follow(wanted, pinned, versions)
    versions |= {_plain(name): version for name, version in exact.items()}
    absent = sorted(name for name, version in versions.items() if not version)
    if absent:
        raise ConfigError(f"constraints.txt pins no version of {', '.join(absent)}", "add them as NAME==VERSION")
    versions.pop(_PROJECT, None)
    return tuple(f"{name}=={version}" for name, version in sorted(versions.items()))


def _follow(wanted: tuple[str, ...], pinned: dict[str, str], versions: dict[str, str]) -> None:
    """Add what each requirement needs, as the installed packages say it."""
    from packaging.requirements import Requirement

    waiting = [Requirement(text) for text in wanted]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name, extras = _plain(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        try:
            needs = metadata.requires(name) or []
            installed = metadata.version(name)
        except metadata.PackageNotFoundError:
            needs, installed = [], ""
        versions[name] = pinned.get(name, installed if not pinned or name == _PROJECT else "")
        for text in needs:
            need = Requirement(text)
            if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras or {""}):
                waiting.append(need)


def _pinned(constraints: Path) -> dict[str, str]:
    if not constraints.is_file():
        return {}
    lines = constraints.read_text(encoding="utf-8").splitlines()
    matches = (_PIN.match(line.strip()) for line in lines)
    return {_plain(match["name"]): match["version"] for match in matches if match}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _environment(image: str, packages: tuple[str, ...]) -> Environment:
    from azure.ai.ml.entities import Environment

    conda = {
        "name": "gates",
        "channels": ["conda-forge"],
        "dependencies": [f"python={_PYTHON}", "pip", {"pip": list(packages)}],
    }
    return Environment(image=image, conda_file=conda)
