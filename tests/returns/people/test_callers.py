"""One person, or one program, never holds all threads of a process."""

import pytest
from django.urls import get_resolver, reverse

from config import concurrency
from config.concurrency import SLOTS
from returns.views.callers import TOO_MANY_REQUESTS, TOO_MUCH_HEAVY_WORK

pytestmark = pytest.mark.django_db

HEAVY = {
    "trail",
    "trail-file",
    "shopper-file",
    *("return-csv", "return-xlsx", "reports", "report", "report-file"),
    *("new-bulk-tagging", "run-macro", "new-upload", "upload-columns", "rule", "undo-run"),
    "new-subscription",
    "feed-rejected-file",
}


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch):
    monkeypatch.setattr(concurrency, "LONGEST_WAIT", 0)


def held(kind: str, person, limit: int):
    return SLOTS.held((kind, person.pk), limit, "", 0)


def test_a_person_with_half_of_the_threads_gets_a_page_that_reloads(as_agent, agent, as_manager):
    with held("person", agent, 2), held("person", agent, 2):
        refused = as_agent.get("/returns/")
        assert (refused.status_code, refused["Retry-After"], refused["Refresh"]) == (429, "2", "2")
        assert str(TOO_MANY_REQUESTS) in refused.text
        assert as_manager.get("/returns/").status_code == 200
    assert as_agent.get("/returns/").status_code == 200


def test_a_fragment_that_is_refused_is_one_sentence(as_agent, agent):
    with held("person", agent, 2), held("person", agent, 2):
        refused = as_agent.get("/returns/", headers={"HX-Request": "true"})
    assert (refused.status_code, refused.text) == (429, TOO_MANY_REQUESTS)


@pytest.mark.parametrize("path", ["/returns/export.csv", "/returns/export.xlsx", "/reports/"])
def test_heavy_work_is_limited_further_and_leaves_ordinary_pages_alone(as_agent, agent, path):
    with held("heavy", agent, 1):
        refused = as_agent.get(path)
        assert refused.status_code == 429
        assert str(TOO_MUCH_HEAVY_WORK) in refused.text
        assert as_agent.get("/returns/").status_code == 200
    assert as_agent.get(path).status_code == 200


def test_exports_reports_and_previews_are_heavy():
    """The limit stands in the names of the functions that wrap the view."""

    def is_limited(view) -> bool:
        while view:
            if view.__code__.co_qualname.startswith("heavy."):
                return True
            view = getattr(view, "__wrapped__", None)
        return False

    patterns = get_resolver("returns.urls").url_patterns
    assert {pattern.name for pattern in patterns if is_limited(pattern.callback)} == HEAVY


def test_a_form_that_is_refused_does_not_load_again(as_agent, agent):
    with held("person", agent, 2), held("person", agent, 2):
        refused = as_agent.post(reverse("preferences"), {"density": "compact"})
    assert refused.status_code == 429
    assert "Refresh" not in refused
