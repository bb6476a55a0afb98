"""Name the optional packages: what each is needed for, and which extra of Gates installs it.

The light form of Gates has none of them. What needs one looks for it first, and refuses in one sentence where it is absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from gates.errors import MissingExtra


@dataclass(frozen=True, slots=True)
class Package:
    """Hold an optional package as an index calls it, the ``module`` that it installs, and the ``extra`` of Gates that brings it.

    ``otherwise`` says what can be done without it; empty where nothing can.
    """

    name: str
    module: str
    extra: str
    otherwise: str = ""

    @property
    def is_installed(self) -> bool:
        """Return whether its module can be found. It is not imported: that may take seconds."""
        try:
            return find_spec(self.module) is not None
        except (ImportError, ValueError):  # a module without a specification was put in its place
            return False


EXPECTATIONS = Package("great-expectations", "great_expectations", "gx")
DETECTORS = Package(
    "alibi-detect",
    "alibi_detect",
    "alibi",
    'test with scipy: settings.drift = { backend = "scipy" } in [tool.gates.GATE]',
)
SERVER = (
    Package("azureml-inference-server-http", "azureml_inference_server_http", "serve"),  # it brings gunicorn
    Package("inference-schema", "inference_schema", "serve"),
)


def find_missing(purpose: str, packages: Iterable[Package]) -> Iterator[MissingExtra]:
    """Yield the error of each package that is not installed; ``purpose`` is what needs it, like ``the data gate``."""
    for package in packages:
        if not package.is_installed:
            yield MissingExtra(purpose, package.name, package.extra, package.otherwise)


def require(purpose: str, *packages: Package) -> None:
    """Raise `MissingExtra` for the first package that is not installed."""
    for error in find_missing(purpose, packages):
        raise error
