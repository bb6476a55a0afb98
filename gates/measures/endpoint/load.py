"""Put a small load on an endpoint, once, and keep what every request met: its times, its fault, the model that answered.

One row a request, first one after the other, then from a few callers at once. A wrong answer counts as an error like a broken
one: it must be what the trainer predicted for that row, also under load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from gates.measures.endpoint.client import Endpoint
from gates.measures.endpoint.faults import EndpointFault
from gates.measures.endpoint.latency import Latency, measure_latency
from gates.measures.endpoint.parity import is_same
from gates.measures.endpoint.prediction import Label
from gates.measures.endpoint.run_queue import RunQueue, wait_between
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
    caller's, ``core_wait_ms`` how long threads of both waited for a core meanwhile.
    """

    fault: str
    wall_ms: float = 0.0
    run_ms: float | None = None
    waits: int = 0
    digest: str = ""
    core_wait_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Load:
    """Hold every request of the load; ``mapped`` is whether Gates did not build the endpoint, ``whose_wait`` a sentence on whose
    wait for a core is known.
    """

    size: LoadSize
    shots: tuple[Shot, ...]
    mapped: bool = False
    whose_wait: str = "the wait for a core is not known"

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

    def wall_ms(self, percentile: float) -> Latency:
        """Return a percentile of the time from sending to the whole answer, over the sound answers, in milliseconds."""
        return self._latency(percentile, [shot.wall_ms for shot in self._sound])

    def run_ms(self, percentile: float) -> Latency:
        """Return a percentile of the server's own time in milliseconds, of the callers' time where a mapped endpoint never names
        its own: that is longer. Raises `EndpointFault` unless every sound answer carries it, or none of a mapped endpoint.
        """
        times = [shot.run_ms for shot in self._sound]
        known = [time for time in times if time is not None]
        if self.mapped and not known:
            return self.wall_ms(percentile)
        if len(known) != len(times):
            raise EndpointFault(
                f"{len(times) - len(known)} of {len(times)} answers do not say how long scoring took (x-ms-run-fn-exec-ms)"
            )
        return self._latency(percentile, known)

    @property
    def _sound(self) -> list[Shot]:
        return [shot for shot in self.shots if not shot.fault]

    def _latency(self, percentile: float, times: Sequence[float]) -> Latency:
        if not times:
            raise EndpointFault(f"no request of the load got a sound answer: {self.sentence}")
        return measure_latency(percentile, times, [shot.core_wait_ms for shot in self._sound], self.whose_wait)


def measure_load(endpoint: Endpoint, golden: Golden, size: LoadSize) -> Load:
    """Ask for every golden row in turn, as often as ``size`` says; the first few requests only warm up and do not count.

    While several callers ask at once, one more connection has sent half a request: a service must not wait for it.
    """
    queue = RunQueue.of(endpoint.url)
    contract = endpoint.contract
    good = contract.rows_of(golden).good
    bodies = [(contract.write([row]), label) for row, label in zip(good, golden.predictions, strict=True)]
    _shoot(endpoint, bodies, range(_WARM_UP), queue)
    others = queue.share_of_others()
    shots = _shared(_shoot(endpoint, bodies, range(size.sequential), queue), others())
    turns = [range(caller, size.parallel, size.callers) for caller in range(size.callers)]
    others = queue.share_of_others()
    with endpoint.half_a_request(), ThreadPoolExecutor(size.callers) as pool:
        twins = [endpoint.twin() for _ in turns]  # kept until the end: a server's thread ends with its connection
        parts = list(pool.map(lambda twin, turn: _shoot(twin, bodies, turn, queue), twins, turns))
        shots += _shared([shot for part in parts for shot in part], others())
    for twin in twins:
        twin.close()
    return Load(size, tuple(shots), contract.mapped, queue.sentence)


def whole_setting(settings: Mapping[str, object], name: str, *, least: int, most: int) -> int:
    """Return a whole number of ``[tool.gates.endpoint.settings]``. Raises `EndpointFault` for anything else."""
    value = settings.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise EndpointFault(
            f"[tool.gates.endpoint.settings] {name} is {'missing' if value is None else ascii(value)[:60]}, "
            f"wanted a whole number from {least:,} to {most:,}"
        )
    return value


def _shared(shots: Sequence[Shot], share: float) -> list[Shot]:
    """The shots with that share of their waits for a core for which processes beside service and callers may be the cause."""
    return [replace(shot, core_wait_ms=shot.core_wait_ms * share) for shot in shots]


def _shoot(endpoint: Endpoint, requests: Sequence[tuple[bytes, Label]], turns: range, queue: RunQueue) -> list[Shot]:
    shots = []
    for turn in turns:
        before = queue.read()
        shot = _shot(endpoint, *requests[turn % len(requests)])
        waited = 0 if shot.waits else wait_between(before, queue.read())  # the time is that of the last attempt alone
        shots.append(replace(shot, core_wait_ms=waited / 1e6))
    return shots


def _shot(endpoint: Endpoint, body: bytes, label: Label) -> Shot:
    try:
        prediction = endpoint.contract.read(endpoint.send(body), 1)
    except EndpointFault as fault:
        return Shot(str(fault))
    answer, predicted = prediction.answer, prediction.result[0]
    if not is_same(predicted, label):
        return Shot(
            f"a golden row was answered with {ascii(predicted)[:60]}, the trainer predicted {ascii(label)[:60]}"
        )
    digest = prediction.model.digest if prediction.model else ""
    return Shot("", answer.seconds * 1000, answer.run_ms, answer.waits, digest)
