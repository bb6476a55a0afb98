"""Work in a few lines, for tests of the engine: any file is its data, a text is its model, and nothing is really served."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gates.digest import Digest
from gates.errors import SubjectError
from gates.ports import Deployment
from gates.registry import Version


@dataclass(frozen=True)
class FakeBatch:
    """A snapshot of data; see `gates.ports.Batch`."""

    source: str
    path: Path
    digest: str


@dataclass(frozen=True)
class FakeModel:
    """What a training left; see `gates.ports.Trained`."""

    model: Path
    golden: Path
    facts: Mapping[str, str]


@dataclass(frozen=True)
class FakeDeployment:
    """A deployment that nobody can reach; see `gates.ports.Deployment`."""

    name: str = "challenger"
    url: str = "http://127.0.0.1:9"
    key: str | None = None
    log: Path = Path("/dev/null")

    def stop(self) -> None: ...
    def reload(self, model: Path, identity: Version) -> None: ...


@dataclass(frozen=True)
class FakeWork:
    """Work whose models are texts; see `gates.ports.Work`.

    ``rows`` are the data where no source is named. ``model``, ``golden`` and ``recipe`` are the texts of a training, in which
    ``{digest}`` and ``{params}`` stand for its own. ``true`` are the conditions that hold. ``serve`` makes a deployment.
    """

    name: str = "papers"
    rows: str = "id,x\n1,2\n"
    model: str = "model {params}"
    golden: str = "golden"
    recipe: str = "{params}"
    true: Mapping[str, bool] = field(default_factory=dict)
    serve: Callable[[], Deployment] = FakeDeployment

    def take(self, source: str | None, into: Path) -> FakeBatch:
        if source is not None and not Path(source).is_file():
            raise SubjectError(f"{source} cannot be read: No such file", "check the path")
        path = into / "batch.csv"
        path.write_bytes(Path(source).read_bytes() if source is not None else self.rows.encode())
        return FakeBatch(source or "batch.csv", path, str(Digest.of(path)))

    def train(self, batch: Path, digest: str, params: Mapping[str, str], into: Path) -> FakeModel:
        model, golden, texts = into / "model", into / "golden", {"digest": digest, "params": dict(params)}
        model.write_text(self.model.format(**texts))
        golden.write_text(self.golden.format(**texts))
        return FakeModel(model, golden, {"recipe": self.recipe.format(**texts)})

    def conditions(self, *, batch: Path | None, previous: Path | None, model: Path | None) -> Mapping[str, bool]:
        return self.true

    def deploy(self, home: Path, deployment: str, model: Path, identity: Version, *, port: int = 0) -> Deployment:
        return self.serve()

    def sweep(self, home: Path) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True)
class FakeServingWork(FakeWork):
    """Work that says where its champion is served, and ``ask`` who answers there; see `gates.ports.Serving`."""

    address: str | None = None
    ask: Callable[[str, Path, str], object] | None = None

    def serving(self, home: Path) -> str | None:
        return self.address

    def identify(self, url: str, golden: Path, key: str) -> object:
        assert self.ask is not None
        return self.ask(url, golden, key)


def open_work(config: Path) -> FakeWork:
    """Return the work that a policy names as ``fakes.work:open_work``."""
    return FakeWork()
