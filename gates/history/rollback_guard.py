"""Keep a signed landmark of each name beside the keys and, if the policy names a file, in the repository.

The rule it protects: `first_model` is for the first model. A registry that was lost, emptied, exchanged or set back to an older
state is refused, not taken for a new one.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gates.attest import GATEKEEPER, Keyring, open_envelope, sign
from gates.attest.keys import read_plain
from gates.attest.rollback_guard import LANDMARK_TYPE, Landmark, read_landmark, write_landmark
from gates.errors import BackendError, PromotionRefused, SubjectError
from gates.reason import Code, Reason
from gates.registry import LogEntry


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Keep how far each ledger had come. ``folder`` holds a landmark for each name; ``file``, if there is one, another for the
    name that the project gates.
    """

    folder: Path
    keys: Keyring
    file: Path | None = None

    def names(self) -> tuple[str, ...]:
        """Return the names that have a landmark in the folder, sorted."""
        return tuple(path.stem for path in sorted(self.folder.glob("*.json")))

    def places(self, name: str) -> tuple[Path, ...]:
        """Return the files in which the landmark of a name is kept: in the folder, and in the project where that is wanted."""
        beside = self.folder / f"{name}.json"
        return (beside, self.file) if self.file else (beside,)

    def faults(self, name: str, log: Sequence[LogEntry]) -> Iterator[str]:
        """Yield a sentence for each landmark of ``name`` that cannot be read or trusted, or that this log contradicts."""
        for place in self.places(name):
            if place.is_symlink() or place.exists():
                yield from self._faults(place, name, log)

    def require(self, name: str, log: Sequence[LogEntry]) -> None:
        """Raise `PromotionRefused`, with how to restore or to begin anew on purpose, where `faults` gives a sentence."""
        if faults := tuple(self.faults(name, log)):
            places = " and ".join(str(place) for place in self.places(name) if place.is_symlink() or place.exists())
            raise PromotionRefused(
                [Reason(Code.LEDGER_BEHIND, fault) for fault in faults],
                f"restore the home from a backup; to begin anew on purpose, remove {places} and the home's registry",
            )

    def keep(self, name: str, log: Sequence[LogEntry]) -> None:
        """Sign how far the log, which must not be empty, has come, and write it to each place. Raises `BackendError`."""
        first, last = log[0], log[-1]
        landmark = Landmark(name, first.digest, first.at, last.epoch, last.hash)
        envelope = sign(LANDMARK_TYPE, write_landmark(landmark), self.keys.signer(GATEKEEPER))
        for place in self.places(name):
            _replace(place, envelope)

    def _faults(self, place: Path, name: str, log: Sequence[LogEntry]) -> Iterator[str]:
        try:
            landmark = self._read(place)
        except SubjectError as error:
            yield f"whether {name} had a champion before is not known: {error.message}"
            return
        if landmark.name != name:
            yield f"{place} is the landmark of {landmark.name}, wanted that of {name}"
        elif not log:
            yield (
                f"{name} has had a champion since {landmark.since:%Y-%m-%d %H:%M:%S} UTC (epoch {landmark.epoch}, by {place}),"
                " but this registry knows of none: it was lost or emptied, and no model becomes the first by that"
            )
        elif landmark.entry not in {entry.hash for entry in log if entry.epoch == landmark.epoch}:
            yield (
                f"{name} had come to epoch {landmark.epoch} (by {place}), which this registry, at epoch {log[-1].epoch}, does not"
                " hold: it was exchanged or set back"
            )

    def _read(self, place: Path) -> Landmark:
        what = f"the landmark {place}"
        try:
            envelope, _ = read_plain(place)
        except OSError as error:
            raise SubjectError(f"{what} cannot be read: {error.strerror}", "restore it") from None
        return read_landmark(open_envelope(envelope, LANDMARK_TYPE, self.keys.trusted(GATEKEEPER), what), what)


def _replace(place: Path, content: bytes) -> None:
    building = place.with_name(f".{place.name}-{secrets.token_hex(8)}")
    try:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with building.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        building.replace(place)
    except OSError as error:
        raise BackendError(
            f"the landmark {place} cannot be written: {error.strerror}",
            "make its folder writable; the next run writes it",
        ) from None
    finally:
        with suppress(OSError):
            building.unlink(missing_ok=True)
