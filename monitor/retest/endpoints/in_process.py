"""Calls of models in this process, which may take no longer than a request."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from monitor.retest.endpoints.wire import RequestError
from monitor.retest.model import EndpointError

Result = TypeVar("Result")


async def within(timeout_s: float, call: Callable[[], Result]) -> Result:
    """Return what a call returns, made in a thread that does not keep the process alive.

    Raises RequestError where it raises, and EndpointError once it takes too long: it goes on
    and cannot be stopped, so no other is made.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Result] = loop.create_future()

    def settle(set_outcome: Callable[[], None]) -> None:
        def once() -> None:
            if not done.done():
                set_outcome()

        if not loop.is_closed():
            loop.call_soon_threadsafe(once)

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # whatever a model raises is its answer to these records
            told = RequestError(
                "model_error", f"the model raised {type(error).__name__}: {error}", divide=True
            )
            settle(lambda: done.set_exception(told))
        else:
            settle(lambda: done.set_result(result))

    threading.Thread(target=work, name="model", daemon=True).start()
    try:
        return await asyncio.wait_for(done, timeout_s)
    except TimeoutError:
        raise EndpointError(
            "timeout", f"the model took more than {timeout_s:g} s; raise endpoint.timeout"
        ) from None
