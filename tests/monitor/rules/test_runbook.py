"""Every alert and event leads to a section of the runbook."""

import re

import httpx
import pytest
from prometheus_client import CollectorRegistry

from monitor.events.links import RUNBOOK
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.rules.runbook import GUIDANCE, runbook_markdown
from monitor.view import Board
from tests.monitor.rules.rule_tests import RuleSet, configured_set, generic_set


@pytest.fixture
def page():
    board = Board()
    server = AppThread("127.0.0.1:0", build_app(board, Exposition(board, CollectorRegistry())))
    server.start()
    yield httpx.get(f"{server.url}/runbook")
    server.stop()


def alerts(rules: RuleSet) -> set[str]:
    return {each.name for each in rules.alerts}


def test_there_is_a_section_for_each_alert_and_no_other(tmp_path):
    assert set(GUIDANCE) == alerts(generic_set(tmp_path)) | alerts(configured_set(tmp_path))


def test_the_page_has_an_anchor_where_alerts_and_events_link_to(page, tmp_path):
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    anchors = set(re.findall(r'<h2 id="([a-z]+)">', page.text))
    assert {each.section for each in configured_set(tmp_path).alerts} <= anchors
    assert {section for section in RUNBOOK.values() if section} <= anchors


def test_the_page_and_the_file_say_the_same(page):
    text = re.sub(r"<[^>]+>", "", page.text)
    for guidance in GUIDANCE.values():
        for sentence in (guidance.meaning, *guidance.look, *guidance.act):
            assert sentence in runbook_markdown()
            assert sentence.replace("`", "").replace("&", "&amp;") in text
