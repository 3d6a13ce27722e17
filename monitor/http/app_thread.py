"""An ASGI application served by uvicorn in a thread of its own."""

import errno
import socket
import ssl
import threading

import uvicorn
from starlette.types import ASGIApp

from monitor.config.address import split_address

STOP_S = 2.0


class ListenError(OSError):
    """The address cannot be listened on; the message names it and the mend."""


class AppThread:
    """Serves an application, from start() to stop().

    address: host:port that is listened on, with the real port where port 0 was asked for.
    """

    def __init__(self, listen: str, app: ASGIApp, tls: ssl.SSLContext | None = None) -> None:
        """Take the address to listen on, host:port; nothing is opened yet.

        tls: of the connections, plain HTTP without it.
        """
        self.address = listen
        self._listen = listen
        self._tls = tls
        # uvicorn installs signal handlers in the main thread only, and this is never it.
        self._uvicorn = uvicorn.Server(
            uvicorn.Config(
                app,
                access_log=False,
                log_config=None,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where clients on this machine reach it."""
        return f"http{'' if self._tls is None else 's'}://{self.address}"

    def start(self) -> None:
        """Listen and answer. Raises ListenError if the address cannot be had.

        The kernel keeps requests that come before the thread is ready for them.
        """
        self._uvicorn.config.load()
        self._uvicorn.config.ssl = self._tls
        listener = _open(self._listen)
        host, port = listener.getsockname()[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._thread = threading.Thread(
            target=self._uvicorn.run, args=([listener],), name="http", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests in hand, for a second at most, and close the address."""
        if self._thread is None:
            return
        self._uvicorn.should_exit = True
        self._thread.join(STOP_S)
        self._thread = None


def _open(listen: str) -> socket.socket:
    """Return a socket that listens on host:port."""
    host, port = split_address(listen)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise ListenError(
            f"listen: {listen}: the host {host!r} is not known here ({error.strerror}); "
            "set 'listen' to an address of this machine, or to 0.0.0.0 for all of them"
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        # Without it, an address that a daemon has just left stays taken for a minute.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(socket.SOMAXCONN)
    except OSError as error:
        listener.close()
        raise ListenError(f"listen: {listen}: {_mend(error, port)}") from error
    return listener


def _mend(error: OSError, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"another process listens on port {port}; stop it, or set 'listen' to another "
                "port (0 takes a free one)"
            )
        case errno.EACCES:
            return f"port {port} needs privileges; set 'listen' to a port from 1024 on"
        case errno.EADDRNOTAVAIL:
            return (
                "this is not an address of this machine; set 'listen' to one of them, or to "
                "0.0.0.0 for all of them"
            )
        case _:
            return f"{error.strerror}; set 'listen' to another address"
