"""Text of others, such as a version that a record names, fit for a terminal and for a log."""

from typing import Any


def printable(text: str) -> str:
    r"""Return a text with its control characters, but for line ends, as escapes.

    Printed as they are, they could move the cursor, colour what follows or look like other lines.

    >>> printable("7\x1b[31m")
    '7\\x1b[31m'
    """
    return "".join(
        each if each.isprintable() or each == "\n" else each.encode("unicode_escape").decode()
        for each in text
    )


def printable_in(document: Any) -> Any:
    """Return the same JSON with every text, names included, printable."""
    if isinstance(document, str):
        return printable(document)
    if isinstance(document, list):
        return [printable_in(each) for each in document]
    if isinstance(document, dict):
        return {printable(name): printable_in(each) for name, each in document.items()}
    return document
