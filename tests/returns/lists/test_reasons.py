"""An empty list names every filter that keeps returns away."""

import pytest

from tests.factories import make_return
from tests.markup import flat

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def test_each_filter_is_named_and_can_be_removed(as_agent):
    make_return("Return-1")
    query = "state=Completed&order=X-9&tag=books&tag=fragile&carrier=DHL&created_from=2026-01-01"
    page = as_agent.get(f"/returns/?{query}&sort=order")
    reasons = {each.label: each.text for each in page.context["list"].reasons}
    assert reasons == {
        "state": "Completed",
        "order reference": "X-9",
        "tags": "books and fragile",
        "carrier": "DHL",
        "created from": "1 Jan 2026",
    }
    assert "A return is shown only if all of these are true:" in flat(page)
    without = page.context["list"].reasons[2].address_without
    assert without == (
        "/returns/?state=Completed&order=X-9&carrier=DHL&created_from=2026-01-01&sort=order"
    )


def test_a_search_that_finds_nothing_names_the_other_filters(as_agent):
    make_return("Return-1")
    page = as_agent.get("/returns/?q=nowhere&state=Completed")
    assert [each.label for each in page.context["list"].reasons] == ["state"]
    assert "Searched in order, return and tracking numbers" in flat(page)


def test_an_empty_queue_keeps_its_queue(as_manager):
    page = as_manager.get("/queue/?queue=to_inspect&tag=books")
    reasons = page.context["list"].reasons
    assert [each.label for each in reasons] == ["queue", "tags"]
    assert reasons[1].address_without == "/queue/?queue=to_inspect"
