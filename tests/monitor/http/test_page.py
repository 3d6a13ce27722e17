import re
from dataclasses import replace

from monitor.documents import status_document
from monitor.http.page import render_page
from monitor.view import View
from tests.monitor.http.views import a_model, a_source, a_stream, a_view


def page(view: View) -> str:
    return render_page(status_document(view))


def text(html: str) -> str:
    """Return what a reader sees, words parted by one space."""
    body = html[html.index("<body>") :]
    return " ".join(re.sub("<[^>]*>", " ", body).split())


def test_the_page_tells_what_has_drifted_in_words():
    assert "feature_0 shifted up by 0.41 sd version 7, DE, 1d" in text(page(a_view()))


def test_the_page_says_why_driftd_is_not_ready():
    assert "not ready : starting" in text(page(View()))


def test_the_page_tells_the_problem_of_the_source():
    view = a_view(source=a_source(problem="no broker answers"))
    assert "no broker answers" in text(page(view))


def test_the_page_shows_the_first_five_drifted_features_and_counts_the_others():
    first = a_stream().drifted[0]
    drifted = tuple(replace(first, feature=f"f{number}") for number in range(7))
    shown = text(page(a_view(models=(a_model(streams=(a_stream(drifted=drifted),)),))))
    assert "f4 shifted" in shown
    assert "f5" not in shown
    assert "and 2 more" in shown


def test_nothing_that_a_record_says_becomes_markup():
    nasty = '<script>alert("x")</script>'
    drifted = replace(a_stream().drifted[0], feature=nasty, words=nasty)
    stream = a_stream(version=nasty, segment=nasty, drifted=(drifted,))
    view = a_view(models=(a_model(nasty, streams=(stream,)),), not_ready=nasty)
    assert "<script" not in page(view)


def test_the_page_loads_nothing_from_elsewhere():
    html = page(a_view())
    assert not re.search(r"https?:|<script|<img|<link|@import|url\(", html)
    assert all(path.startswith("/") for path in re.findall(r'href="([^"]*)"', html))
