"""What an endpoint does wrong, as one sentence. A fault of the endpoint fails a check; it never looks like a crash of the check."""

from __future__ import annotations

from urllib.parse import urlsplit

from _pytest.outcomes import Failed

_SHOWN = 200


class EndpointFault(Failed):
    """Say in one sentence what was found and what was wanted."""

    # pytest prints the name of an exception before its sentence; this is a plain failure and is called like one.
    __module__ = "builtins"
    __qualname__ = "Failed"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, pytrace=False)


def quote(body: bytes | str) -> str:
    """Return the first 200 characters of what a server sent, escaped: a terminal must not obey it."""
    text = body.decode("utf-8", "backslashreplace") if isinstance(body, bytes) else body
    more = f" and {len(text) - _SHOWN:,} more characters" if len(text) > _SHOWN else ""
    return f"{text[:_SHOWN]!a}{more}" if text else "an empty body"


def quote_location(location: str) -> str:
    """Return where a redirect points, without the query, which may hold a secret."""
    try:
        return ascii(urlsplit(location)._replace(query="", fragment="").geturl()[:_SHOWN])
    except ValueError:
        return ascii(location[:_SHOWN].partition("?")[0])
