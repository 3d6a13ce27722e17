"""What others say, such as receivers and commands, fit for a line of a log and for a terminal."""


def one_line(text: str, most: int) -> str:
    """Return the beginning of a text without control characters, line ends and half characters.

    most: characters of it.

    >>> one_line("a\\r\\n b\\x1b[31m", 80)
    'a b [31m'
    """
    plain = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(plain.split())[:most]
