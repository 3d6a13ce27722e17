"""What systemd is told of the daemon: ready, alive, reloading, stopping.

Its protocol is one datagram a message, and promised to stay so; the libraries for it are wrappers
of C that every installation would carry, or know no reload.
Source: sd_notify(3) and sd_watchdog_enabled(3).
"""

import socket
import time
from collections.abc import Callable, Mapping

import structlog

log = structlog.get_logger()

SEND_S = 1.0
BEATS = 4
"""How often within its limit a watchdog hears of the daemon."""


class ServiceManager:
    """Tells the service manager how the daemon is; says nothing where none listens."""

    def __init__(
        self,
        address: str | None = None,
        watchdog_s: float | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take where the manager listens, and how long it waits for `alive`, in seconds.

        address: the path of a datagram socket, or its abstract name after an `@`. clock_s:
        returns the time in s by the clock that systemd compares reloads by.
        """
        self._address = address
        self._clock_s = clock_s
        self._every_s = None if watchdog_s is None else watchdog_s / BEATS
        self._due_s = clock_s()

    @classmethod
    def of(cls, environ: Mapping[str, str], process: int) -> "ServiceManager":
        """Return the manager that a process's environment names.

        environ: with NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, as systemd sets them.
        """
        limit_us = environ.get("WATCHDOG_USEC", "")
        for_us = environ.get("WATCHDOG_PID", str(process)) == str(process)
        watched = for_us and limit_us.isdigit()
        return cls(environ.get("NOTIFY_SOCKET"), int(limit_us) / 1e6 if watched else None)

    def ready(self) -> None:
        """Tell that the daemon answers requests, after a start or a reload."""
        self._tell("READY=1")

    def alive(self) -> None:
        """Tell that the pipeline goes on, if the watchdog is due to hear of it."""
        if self._every_s is None or self._clock_s() < self._due_s:
            return
        self._due_s = self._clock_s() + self._every_s
        self._tell("WATCHDOG=1")

    def reloading(self) -> None:
        """Tell that the configuration is being read again; `ready` ends it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={int(self._clock_s() * 1e6)}")

    def stopping(self) -> None:
        """Tell that the daemon is on its way out."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address:
            return
        address = self._address
        if address.startswith("@"):
            address = "\0" + address[1:]
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
                manager.settimeout(SEND_S)
                manager.sendto(message.encode(), address)
        except OSError as error:
            told = message.replace("\n", " ")
            log.warning("service_manager_unheard", message=told, error=str(error))
