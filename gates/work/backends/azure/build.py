"""Which build this is, as the pipeline that runs it says: Azure Pipelines, GitHub Actions, or nobody."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Build:
    """Hold a build's id and the page that shows it: ``local`` and an empty address where no pipeline runs."""

    id: str
    uri: str

    @classmethod
    def of_environment(cls) -> Build:
        """Return the build that the environment names: GATES_BUILD_ID, Azure Pipelines, GitHub Actions, else ``local``."""
        env = os.environ
        if env.get("GATES_BUILD_ID"):
            return cls(env["GATES_BUILD_ID"], env.get("GATES_BUILD_URI", ""))
        if env.get("BUILD_BUILDID"):
            base = env.get("SYSTEM_COLLECTIONURI", "") + env.get("SYSTEM_TEAMPROJECT", "")
            return cls(env["BUILD_BUILDID"], f"{base}/_build/results?buildId={env['BUILD_BUILDID']}" if base else "")
        if env.get("GITHUB_RUN_ID"):
            base, repository = env.get("GITHUB_SERVER_URL", ""), env.get("GITHUB_REPOSITORY", "")
            return cls(env["GITHUB_RUN_ID"], f"{base}/{repository}/actions/runs/{env['GITHUB_RUN_ID']}" if base else "")
        return cls("local", "")

    @property
    def tags(self) -> dict[str, str]:
        """Return the build as tags of a registered model: ``BuildId``, and ``BuildUri`` where there is a page."""
        return {"BuildId": self.id, **({"BuildUri": self.uri} if self.uri else {})}
