"""A real Chromium, for tests of pages."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


class BrowserError(AssertionError):
    """There is no Chromium."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium without a window, and end it afterwards.

    Raises BrowserError if it is not installed.
    """
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise BrowserError(
            "chromium is not installed; run 'make parts' or 'apt-get install chromium'"
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        try:
            yield browser
        finally:
            browser.close()
