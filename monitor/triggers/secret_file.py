"""Secrets of receivers, read from their files at each delivery, so that new ones are used soon."""

from pathlib import Path

from monitor.triggers.trigger import RetryLaterError


def read_secret(key: str, path: Path) -> str:
    """Return a file's text without the white space around it.

    key: of the configuration, for the message. Raises RetryLaterError where there is none, for
    somebody may be about to write it.
    """
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is no text"
        raise RetryLaterError(f"{key}: {path} cannot be read: {told}") from None
    if not text:
        raise RetryLaterError(f"{key}: {path} is empty; write the secret to it")
    return text


def bearer(key: str, path: Path | None) -> dict[str, str]:
    """Return the header that bears a file's token; none where there is no file.

    Raises RetryLaterError where it holds what no header can.
    """
    if path is None:
        return {}
    token = read_secret(key, path)
    if not token.isascii() or not token.isprintable():
        raise RetryLaterError(f"{key}: {path} does not hold one line of ASCII, as a token is")
    return {"Authorization": f"Bearer {token}"}
