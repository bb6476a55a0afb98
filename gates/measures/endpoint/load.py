"""Put a small load on an endpoint, once, and keep what every request met: its times, its fault, the model that answered.

One row a request, first one after the other, then from a few callers at once. A wrong answer counts as an error like a broken
one: it must be what the trainer predicted for that row, also under load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.latency import Quantile, measure_quantile
from gates.measures.endpoint.parity import is_same
from gates.measures.endpoint.prediction import Label, read_prediction
from gates.measures.endpoint.rows import RequestRows, request_body
from gates.measures.shapes import Golden

_WARM_UP = 5


@dataclass(frozen=True, slots=True)
class LoadSize:
    """Hold how many requests one after the other, how many at once, and from how many callers."""

    sequential: int
    parallel: int
    callers: int

    @classmethod
    def of(cls, settings: Mapping[str, object]) -> LoadSize:
        """Read the size from the settings of the gate. Raises `EndpointFault` that names the setting which is no whole number
        in its range.
        """
        most = {"sequential": 10_000, "parallel": 10_000, "callers": 16}
        return cls(**{name: whole_setting(settings, name, least=1, most=limit) for name, limit in most.items()})


@dataclass(frozen=True, slots=True)
class Shot:
    """Hold what one request met; ``fault`` is empty for a sound answer. ``run_ms`` is the server's time, ``wall_ms`` the
    caller's.
    """

    fault: str
    wall_ms: float = 0.0
    run_ms: float | None = None
    waits: int = 0
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """Hold every request of the load."""

    size: LoadSize
    shots: tuple[Shot, ...]

    @property
    def n(self) -> int:
        """Return the number of requests."""
        return len(self.shots)

    @property
    def sound(self) -> int:
        """Return how many requests got a sound answer: only those have a time."""
        return self.n - len(self.errors)

    @property
    def errors(self) -> tuple[str, ...]:
        """Return the fault of every request that got no sound answer."""
        return tuple(shot.fault for shot in self.shots if shot.fault)

    @property
    def digests(self) -> frozenset[str]:
        """Return the digests of all models that answered."""
        return frozenset(shot.digest for shot in self.shots if not shot.fault)

    @property
    def sentence(self) -> str:
        """Return what was sent, what went wrong most often, and how often the endpoint wanted callers to wait, in words."""
        sizes = (
            f"{self.size.sequential} requests in turn, {self.size.parallel} from {self.size.callers} callers at once"
        )
        kinds = sorted(set(self.errors), key=self.errors.count, reverse=True)
        wrong = f"; {self.errors.count(kinds[0])} times: {kinds[0]}" if kinds else ""
        waits = sum(shot.waits for shot in self.shots)
        return f"{sizes}{f'; {waits} were answered with 429 first' if waits else ''}{wrong}"

    def wall_ms(self, percentile: float) -> Quantile:
        """Return a percentile of the time from sending to the whole answer, over the sound answers, in milliseconds."""
        return self._quantile(percentile, [shot.wall_ms for shot in self.shots if not shot.fault])

    def run_ms(self, percentile: float) -> Quantile:
        """Return a percentile of the server's own time in milliseconds. Raises `EndpointFault` unless every sound answer
        carries it.
        """
        times = [shot.run_ms for shot in self.shots if not shot.fault]
        known = [time for time in times if time is not None]
        if len(known) != len(times):
            raise EndpointFault(
                f"{len(times) - len(known)} of {len(times)} answers do not say how long scoring took (x-ms-run-fn-exec-ms)"
            )
        return self._quantile(percentile, known)

    def _quantile(self, percentile: float, times: Sequence[float]) -> Quantile:
        if not times:
            raise EndpointFault(f"no request of the load got a sound answer: {self.sentence}")
        return measure_quantile(percentile, times)


def measure_load(endpoint: Endpoint, golden: Golden, size: LoadSize) -> Load:
    """Ask for every golden row in turn, as often as ``size`` says; the first few requests only warm up and do not count.

    While several callers ask at once, one more connection has sent half a request: a service must not wait for it.
    """
    good = RequestRows.of(golden).good
    bodies = [(request_body([row]), label) for row, label in zip(good, golden.predictions, strict=True)]
    _shoot(endpoint, bodies, range(_WARM_UP))
    shots = _shoot(endpoint, bodies, range(size.sequential))
    turns = [range(caller, size.parallel, size.callers) for caller in range(size.callers)]
    with endpoint.half_a_request(), ThreadPoolExecutor(size.callers) as pool:
        for turn_shots in pool.map(lambda turn: _shoot(endpoint.twin(), bodies, turn), turns):
            shots += turn_shots
    return Load(size, tuple(shots))


def whole_setting(settings: Mapping[str, object], name: str, *, least: int, most: int) -> int:
    """Return a whole number of ``[tool.gates.endpoint.settings]``. Raises `EndpointFault` for anything else."""
    value = settings.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise EndpointFault(
            f"[tool.gates.endpoint.settings] {name} is {'missing' if value is None else ascii(value)[:60]}, "
            f"wanted a whole number from {least:,} to {most:,}"
        )
    return value


def _shoot(endpoint: Endpoint, requests: Sequence[tuple[bytes, Label]], turns: range) -> list[Shot]:
    return [_shot(endpoint, *requests[turn % len(requests)]) for turn in turns]


def _shot(endpoint: Endpoint, body: bytes, label: Label) -> Shot:
    try:
        prediction = read_prediction(endpoint.send(body), 1)
    except EndpointFault as fault:
        return Shot(str(fault))
    answer, predicted = prediction.answer, prediction.result[0]
    if not is_same(predicted, label):
        return Shot(
            f"a golden row was answered with {ascii(predicted)[:60]}, the trainer predicted {ascii(label)[:60]}"
        )
    digest = prediction.model.digest if prediction.model else ""
    return Shot("", answer.seconds * 1000, answer.run_ms, answer.waits, digest)
