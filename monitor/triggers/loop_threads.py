"""Event loops whose threads, for what a loop cannot do itself, nothing waits for at the end."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop that ends at once, whatever its threads do."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(LoopThreads())
    return loop


class LoopThreads(ThreadPoolExecutor):
    """One daemon thread for each call.

    The usual pool's threads are joined when a loop or the interpreter ends, and a name server or a
    broker that hangs would hold up driftd's end. A loop takes nothing but a ThreadPoolExecutor.
    """

    def submit(self, call: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Begin a call in a thread of its own."""
        future: Future[Any] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(call(*given, **named))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=work, name="trigger-call", daemon=True).start()
        return future
