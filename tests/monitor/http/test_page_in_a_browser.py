"""The landing page as Chromium shows it, with events that a real store holds."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from prometheus_client import CollectorRegistry

from monitor.events.event import EventType, Severity
from monitor.events.store import EventStore
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.event_routes import EventCalls
from monitor.http.exposition import Exposition
from monitor.view import Board
from tests.monitor.events.made import START_MS, a_result, an_event
from tests.monitor.http.views import a_calm_stream, a_model, a_view
from tests.parts.browser import open_browser

RAISED = an_event()
FAILED = an_event(
    EventType.RETEST_FAILED,
    1,
    severity=Severity.TICKET,
    summary="<script>document.title = 'taken over'</script>",
    diagnosis="",
)
CLEARED = an_event(EventType.ALARM_CLEARED, 2, cause=RAISED.id)
RED = (204, 34, 34)
"""What the page's style calls bad."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


@pytest.fixture
def store(tmp_path) -> Iterator[EventStore]:
    store = EventStore(tmp_path / "events.sqlite3", lambda _: ["retrain"], lambda: START_MS)
    yield store
    store.close()


@pytest.fixture
def shown(browser, store) -> Iterator[Page]:
    """The page of a calm model and of what the store holds, at each load; it may say nothing."""

    class Newest(Board):
        def read(self):
            model = a_model(streams=(a_calm_stream(),))
            return a_view(models=(model,), events=store.view)

    board = Newest()
    events = EventCalls(store, None, lambda: START_MS)
    app = build_app(board, Exposition(board, CollectorRegistry()), events=events)
    server = AppThread("127.0.0.1:0", app)
    server.start()
    context = browser.new_context(
        base_url=server.url, viewport={"width": 1100, "height": 900}, color_scheme="light"
    )
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append((message.text, message.location["url"])))
    page.on("pageerror", lambda error: said.append((str(error), "")))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    server.stop()
    assert [line for line, place in said if not place.endswith("/favicon.ico")] == []
    assert [url for url in asked if not url.startswith(server.url)] == []


def test_an_open_event_is_seen_and_leads_to_its_document(shown, store):
    store.put([RAISED])
    shown.goto("/")
    expect(shown.get_by_role("heading", name="Open events")).to_be_visible()
    row = shown.locator("tr.event")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("1 of 4 features moved; `income` shifted up by 0.41 sd")
    expect(row.locator("strong.page")).to_have_css("color", f"rgb{RED}")
    row.get_by_role("link", name="alarm raised").click()
    assert shown.url.endswith(f"/api/v1/events/{RAISED.id}")
    assert '"open":true' in shown.inner_text("body")


def test_the_screen_shows_the_page_in_red_only_while_the_event_is_open(shown, store):
    shown.goto("/")
    calm = colours(shown.screenshot(full_page=True))
    store.put([RAISED])
    shown.reload()
    alarmed = colours(shown.screenshot(full_page=True))
    store.put([CLEARED])
    shown.reload()
    cleared = colours(shown.screenshot(full_page=True))
    assert RED in alarmed
    assert RED not in calm | cleared


def test_triggers_and_results_are_seen(shown, store):
    store.put([RAISED])
    store.retry(store.due("retrain", START_MS), START_MS, "the receiver answered 503")
    store.add_result(a_result(RAISED))
    shown.goto("/")
    problem = shown.get_by_role("cell", name="the receiver answered 503")
    expect(problem).to_have_css("color", f"rgb{RED}")
    expect(shown.get_by_role("heading", name="Re-evaluations")).to_be_visible()
    report = shown.get_by_role("link", name="report")
    expect(report).to_have_attribute("href", "https://reports.example/1")
    expect(shown.get_by_text("live_accuracy 0.81")).to_be_visible()


def test_what_an_event_says_is_text_and_no_script(shown, store):
    store.put([FAILED])
    shown.goto("/")
    expect(shown.locator("tr.event")).to_contain_text("<script>document.title")
    expect(shown).to_have_title("driftd")


@pytest.mark.parametrize("width", [1100, 480])
def test_a_long_word_makes_the_page_no_wider_than_the_window(shown, store, width):
    store.put([an_event(summary="x" * 400)])
    store.retry(store.due("retrain", START_MS), START_MS, "https://receiver/" + "y" * 400)
    shown.set_viewport_size({"width": width, "height": 800})
    shown.goto("/")
    assert shown.evaluate("document.documentElement.scrollWidth") <= width


def colours(png: bytes) -> set[tuple[int, ...]]:
    """Return the colours of a picture."""
    with Image.open(io.BytesIO(png)) as picture:
        found = picture.convert("RGB").getcolors(picture.width * picture.height)
    return {colour for _, colour in found}
