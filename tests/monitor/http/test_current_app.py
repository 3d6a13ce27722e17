import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.http.app_thread import AppThread
from monitor.http.current_app import CurrentApp


def saying(text: str) -> Starlette:
    def say(_: object) -> PlainTextResponse:
        return PlainTextResponse(text)

    return Starlette(routes=[Route("/metrics", say), Route("/api/v1/status", say)])


def test_calls_of_the_api_wait_for_the_next_application_and_metrics_do_not():
    app = CurrentApp()
    app.become(saying("old"))
    server = AppThread("127.0.0.1:0", app)
    server.start()
    asked = threading.Event()

    def ask() -> str:
        asked.set()
        return httpx.get(f"{server.url}/api/v1/status").text

    try:
        app.hold()
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(ask)
            asked.wait()
            assert httpx.get(f"{server.url}/metrics").text == "old"
            assert not waiting.done()
            app.become(saying("new"))
            assert waiting.result(5) == "new"
    finally:
        server.stop()
