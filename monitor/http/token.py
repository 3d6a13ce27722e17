"""The token that a call must bear which changes something."""

import hmac
from pathlib import Path

from starlette.exceptions import HTTPException

SCHEME = "bearer "


def require_token(file: Path | None, authorization: str) -> None:
    """Refuse a call that changes something, unless it bears the token of the file.

    The file is read at each call, so that a new token is in force at once. 403 where no token is
    configured, 401 where the call bears none or a wrong one.
    """
    if file is None:
        raise HTTPException(
            403, "calls that change something are off; name the file of a token in api_token_file"
        )
    token = file.read_bytes().strip()
    if not token:
        raise HTTPException(403, "the file of api_token_file is empty; write a token to it")
    given = authorization[len(SCHEME) :].encode("latin-1")  # as Starlette decoded it
    bears = authorization[: len(SCHEME)].lower() == SCHEME
    if not hmac.compare_digest(token, given) or not bears:
        raise HTTPException(
            401,
            "the call must bear the token: 'Authorization: Bearer ...', with the text of the "
            "file that api_token_file names",
            {"WWW-Authenticate": "Bearer"},
        )
