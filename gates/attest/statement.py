"""in-toto Statements v1: what is claimed (the predicate, of one type) about which bytes (exactly one subject)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gates import documents
from gates.digest import Digest
from gates.errors import SubjectError

TYPE = "https://in-toto.io/Statement/v1"
_FIELDS = ["_type", "predicate", "predicateType", "subject"]


@dataclass(frozen=True, slots=True)
class Statement:
    """Hold an in-toto statement about one subject, of this ``name`` and ``digest``."""

    name: str
    digest: Digest
    predicate: Mapping[str, object]


def write_statement(statement: Statement, predicate_type: str) -> bytes:
    """Return the statement as bytes, ready to be signed, with ``predicate_type`` as its type."""
    return documents.dump(
        {
            "_type": TYPE,
            "subject": [{"name": statement.name, "digest": {"sha256": statement.digest.hex}}],
            "predicateType": predicate_type,
            "predicate": dict(statement.predicate),
        }
    )


def read_statement(payload: bytes, predicate_type: str, what: str) -> Statement:
    """Return the statement in a payload whose signature was verified. Raises `SubjectError` unless it is of this very type."""
    content = documents.load(payload, what)
    if content.get("_type") != TYPE:
        raise refused(what, f"its type is {content.get('_type')!r:.80}, wanted {TYPE}")
    if content.get("predicateType") != predicate_type:
        raise refused(what, f"its predicate type is {content.get('predicateType')!r:.120}, wanted {predicate_type}")
    if sorted(content) != _FIELDS:
        raise refused(what, f"its fields are {', '.join(sorted(content))}, wanted {', '.join(_FIELDS)}")
    subjects = content["subject"]
    if not isinstance(subjects, list) or len(subjects) != 1:
        count = len(subjects) if isinstance(subjects, list) else "no list of"
        raise refused(what, f"it is about {count} subjects, wanted exactly one: the model")
    match subjects[0]:
        case {"name": str(name), "digest": {"sha256": str(hex), **others}, **more} if not others and not more:
            pass
        case _:
            raise refused(what, "its subject is not named by a name and one SHA-256 digest")
    if not isinstance(content["predicate"], dict):
        raise refused(what, "its predicate is no table")
    return Statement(name, Digest(hex), content["predicate"])


def refused(what: str, why: str) -> SubjectError:
    """Return the error for a document, named by ``what``, that these gates did not make, or that was edited."""
    return SubjectError(f"{what} cannot be read: {why}", "it was not made by these gates, or was edited; judge again")


def require_fields(content: object, fields: Mapping[str, type | tuple[type, ...]], what: str) -> dict[str, object]:
    """Return ``content`` as a table of exactly these fields, of exactly these types (true is no number). Raises `SubjectError`."""
    if not isinstance(content, dict) or set(content) != set(fields):
        given = ", ".join(sorted(content)) if isinstance(content, dict) else type(content).__name__
        raise refused(what, f"its fields are {given:.300}, wanted {', '.join(sorted(fields))}")
    for name, kind in fields.items():
        if type(content[name]) not in (kind if isinstance(kind, tuple) else (kind,)):
            raise refused(what, f"{name} has another type")
    return content
