"""Reading the body of a request, up to a length."""

from starlette.exceptions import HTTPException
from starlette.requests import Request


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Return the body; 413 where it is longer than ``most_bytes``."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise HTTPException(413, f"the body is longer than {most_bytes:,} bytes")
    return body
