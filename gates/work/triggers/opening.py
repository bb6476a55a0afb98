"""Open what the engine asks for by the import string in ``[tool.gates] triggers``: a watch on data, and whom to tell."""

from __future__ import annotations

import os
from pathlib import Path

from gates.errors import ConfigError
from gates.work.config.settings import Settings, read_settings
from gates.work.triggers.github import GitHub, open_github
from gates.work.triggers.marks import FolderMarks
from gates.work.triggers.pipelines import Pipelines, open_pipelines
from gates.work.triggers.watch import SourceWatch


class ProjectTriggers:
    """Open what one project watches and whom it notifies."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def watch(self, source: str | None, marks: Path, *, settle: float) -> SourceWatch:
        """Return a watch on ``source`` (a path relative to the working folder, or an https URL), else on the configured data."""
        if source is not None:
            return SourceWatch(source, Path.cwd(), FolderMarks(marks), settle=settle)
        if self._settings.data is None:
            raise ConfigError("[tool.ml] data names nothing to watch", "add data to [tool.ml], or use --data")
        return SourceWatch(self._settings.data, self._settings.folder, FolderMarks(marks), settle=settle)

    def github(self) -> GitHub:
        """Return GitHub, as the environment names it. Raises `ConfigError` with every fault."""
        return open_github(os.environ)

    def pipelines(self) -> Pipelines:
        """Return Azure Pipelines, as the environment names it. Raises `ConfigError` with every fault."""
        return open_pipelines(os.environ)


def open_triggers(config: Path) -> ProjectTriggers:
    """Return the triggers of the project that ``config`` describes. Raises `ConfigError`."""
    return ProjectTriggers(read_settings(config))
