"""The returns that a person opened last."""

import pytest

from returns.models import Preferences
from returns.people.recent import MAX_RECENT
from tests.factories import make_return, make_returns

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}


def recent(client) -> list[str]:
    return [str(record) for record in client.get("/recent/").context["records"]]


def test_pages_and_previews_that_were_opened_are_offered_the_last_first(as_agent):
    for name, place in (("R1", "presence"), ("R2", "opened"), ("R3", "presence")):
        as_agent.post(f"/return/{make_return(name).pk}/{place}/")
    assert recent(as_agent) == ["R3", "R2", "R1"]


def test_a_return_opened_again_is_offered_once_and_at_most_eight_are(as_agent):
    records = make_returns({"reference": f"R{n}"} for n in range(MAX_RECENT + 2))
    for record in (*records, records[5]):
        as_agent.post(f"/return/{record.pk}/opened/")
    assert recent(as_agent) == ["R5", "R9", "R8", "R7", "R6", "R4", "R3", "R2"]


def test_a_page_that_stays_open_writes_once(as_agent, agent, django_assert_max_num_queries):
    record = make_return()
    as_agent.post(f"/return/{record.pk}/opened/")
    with django_assert_max_num_queries(4) as queries:
        as_agent.post(f"/return/{record.pk}/opened/")
    assert not [each for each in queries if "returns_preferences" in each["sql"][:40]]
    assert Preferences.objects.get(user=agent).recent == [record.pk]


def test_looking_writes_nothing_and_others_see_their_own(as_agent, as_manager):
    record = make_return("R1")
    as_agent.get(record.get_absolute_url())
    as_agent.get(f"/return/{record.pk}/card/", headers=HTMX)
    assert recent(as_agent) == []
    as_agent.post(f"/return/{record.pk}/opened/")
    assert recent(as_manager) == []


def test_a_deleted_return_is_not_offered(as_agent):
    record = make_return("R1")
    as_agent.post(f"/return/{record.pk}/opened/")
    record.delete()
    page = as_agent.get("/recent/", headers=HTMX).text
    assert "The returns that you open appear here." in page
    assert "<html" not in page
