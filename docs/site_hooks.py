"""What the site does with a page before it is laid out: a link that leaves the docs becomes the path, for the repository has no address here."""

import re

_LEAVING = re.compile(r"\[([^\]]+)\]\(((?:\.\./)+)([^)#]+)\)")


def on_page_markdown(markdown: str, page, config, files) -> str:
    """Return the page with `[text](../path)` as `text (path)` where the path lies outside of the docs."""
    depth = page.file.src_uri.count("/")

    def leave(match: re.Match) -> str:
        outside = match[2].count("../") > depth
        return f"{match[1]} (`{match[3]}`)" if outside else match[0]

    return _LEAVING.sub(leave, markdown)
