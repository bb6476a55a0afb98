"""Print the part of CHANGELOG.md that belongs to a tag: ``python .github/release_notes.py v1.2.3``.

Ends with 1 and a sentence on stderr if the tag is not ``v`` and the version of pyproject.toml, or if the changelog has no part for
it.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def notes_of(tag: str, version: str, changelog: str) -> str:
    """Return the text below ``## version`` up to the next heading of that level; raise `ValueError` if it cannot be released."""
    if tag != f"v{version}":
        raise ValueError(
            f"the tag is {tag!r}, but pyproject.toml has version {version!r}: the tag has to be 'v{version}'"
        )
    parts = re.split(r"^## ", changelog, flags=re.MULTILINE)[1:]
    bodies = {heading.split()[0]: body.strip() for heading, _, body in (part.partition("\n") for part in parts)}
    if not bodies.get(version):
        raise ValueError(f"CHANGELOG.md has no part '## {version}': write what changed before the tag is set")
    return bodies[version] + "\n"


def main(arguments: list[str]) -> int:
    """Print the notes of the tag in ``arguments``; return the exit code."""
    if len(arguments) != 1:
        print("usage: python .github/release_notes.py TAG", file=sys.stderr)
        return 2
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    try:
        sys.stdout.write(notes_of(arguments[0], version, (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")))
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
