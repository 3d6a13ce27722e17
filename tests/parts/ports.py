"""Free ports for servers that cannot choose one themselves."""

import socket


def free_port() -> int:
    """Return a port of loopback that nothing listened on a moment ago."""
    (port,) = free_ports("one").values()
    return port


def free_ports(*names: str) -> dict[str, int]:
    """Return a free loopback port for each name."""
    sockets = [socket.socket() for _ in names]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = {name: one.getsockname()[1] for name, one in zip(names, sockets, strict=True)}
    for one in sockets:
        one.close()
    return ports
