"""Say what whoever relies on a verdict about a model has to know: reading it runs code, or what reads it is another version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

from gates.work.model.formats import FORMATS, SKOPS
from gates.work.model.pickles import MEMBERS, describe_trust
from gates.work.records import ModelSignature


def marks_of(signature: ModelSignature, trust_pickle: str) -> tuple[str, ...]:
    """Return the sentences for a model with this signature; ``trust_pickle`` is the reason of the configuration."""
    trusted = (describe_trust(signature.format, trust_pickle),) if signature.format in MEMBERS else ()
    return (*trusted, *_changes(signature))


def _changes(signature: ModelSignature) -> Iterator[str]:
    """Yield a sentence for each library that reads the model and is installed at another major or minor version than then."""
    for name in _libraries_of(signature):
        then, now = signature.versions[name], _installed(name, signature.format)
        kind = compare_versions(then, now) if now else ""
        if kind:
            yield (
                f"the model was made with {name} {then}, and {now} is installed, {kind}: what says that it still answers the same "
                "are its golden predictions, in the model gate and at the endpoint"
            )


def _libraries_of(signature: ModelSignature) -> tuple[str, ...]:
    """Return the libraries whose version matters to a model of this format, as far as the signature names them."""
    if signature.format == SKOPS:
        wanted: tuple[str, ...] = ("scikit-learn",)
    elif signature.format in FORMATS:
        wanted = FORMATS[signature.format].DISTRIBUTIONS
    else:  # a pickle, or what a function of the project reads: any of them
        wanted = (
            "scikit-learn",
            "torch",
            "safetensors",
            *(name for one in FORMATS.values() for name in one.DISTRIBUTIONS),
        )
    return tuple(name for name in wanted if name in signature.versions)


def _installed(name: str, format: str) -> str:
    """Return the version that is installed, of any distribution of the format's library; empty where none is: loading refuses."""
    others = FORMATS[format].DISTRIBUTIONS if format in FORMATS else ()
    for distribution in (name, *others):
        try:
            return version(distribution)
        except PackageNotFoundError:
            continue
    return ""


def compare_versions(then: str, now: str) -> str:
    """Return ``another major version`` or ``another minor version`` where two versions differ so; empty where they do not.

    A version that does not begin with numbers counts as a major difference from any other.
    """
    first, second = (re.match(r"(\d+)(?:\.(\d+))?", text) for text in (then, now))
    if first is None or second is None:
        return "" if then == now else "another major version"
    if int(first[1]) != int(second[1]):
        return "another major version"
    return "" if int(first[2] or 0) == int(second[2] or 0) else "another minor version"
