"""A return's place in the list that it was opened from: its neighbours, its position, its row."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.utils import timezone

from config.versions import version_of
from returns.filters.paging import PAGE_SIZE
from returns.lists import place as places
from returns.models import State
from tags.models import Tag
from tags.tagging.single import remove_tag
from tests.factories import make_return, make_returns, put_tag

pytestmark = pytest.mark.django_db


def paths(client, listing: str) -> list[str]:
    """Return the path of each row of a list."""
    page = client.get(listing).content.decode()
    return [unescape(path) for path in re.findall(r'id="open-\d+" href="([^"]+)"', page)]


def place_at(client, path: str):
    return client.get(path).context["place"]


def reference_in(path: str) -> str:
    return urlsplit(path).path.removeprefix("/returns/").strip("/")


def walk(client, path: str, way: str = "next") -> tuple[list[str], list[str]]:
    """Return the references from a path on, to the end of the list, and the position of each."""
    references, positions = [], []
    while path:
        place = place_at(client, path)
        references.append(reference_in(path))
        positions.append(place.position)
        path = getattr(place, way)
    return references, positions


@pytest.fixture
def five(vocabulary) -> None:
    """Five arrived returns: R1 arrived first and was created last, and so on; R3 and R4 urgent."""
    now = timezone.now()
    for n in range(1, 6):
        made = make_return(
            f"R{n}",
            state=State.ARRIVED,
            created_at=now - timedelta(days=20, hours=n),
            arrived_to_warehouse_at=now - timedelta(days=10) + timedelta(hours=n),
            updated_at=now - timedelta(hours=n % 3),
            sales_order_reference_number=f"7001{n % 2}",
            cargo_carrier=("", "UPS", "aras")[n % 3],
        )
        if n in {3, 4}:
            put_tag(made, "urgent-refund" if n == 4 else "vip")
    make_return("A-70011", created_at=now - timedelta(days=30))


@pytest.mark.parametrize(
    "listing",
    [
        "/returns/",
        "/queue/?queue=to_inspect",
        "/returns/?q=70011",
        "/returns/?q=R1,R2,R3",
        "/returns/?state=ArrivedToWarehouse&tag_none=vip",
        *(
            f"/returns/?sort={sort}"
            for sort in ("created", "arrived", "-arrived", "urgent", "-completed", "-updated")
        ),
        *(f"/returns/?sort={sort}" for sort in ("order", "-order", "reference", "-reference")),
        *(f"/returns/?sort={sort}" for sort in ("carrier", "waiting", "-waiting", "deadline")),
        "/returns/?group=carrier",
        "/queue/?queue=to_inspect&group=carrier",
        "/returns/?q=70011&group=carrier",
    ],
)
def test_next_and_previous_follow_the_list_in_every_order(as_agent, five, listing):
    rows = paths(as_agent, listing)
    references = [reference_in(path) for path in rows]
    assert len(references) > 1
    count = len(rows)
    positions = [f"{n} of {count}" for n in range(1, count)] + [f"{count} of {count}, the last one"]
    assert walk(as_agent, rows[0]) == (references, positions)
    assert walk(as_agent, rows[-1], "previous") == (references[::-1], positions[::-1])


@pytest.mark.parametrize("path", ["/returns/", "/queue/"])
def test_the_way_back_leads_to_the_row_in_the_same_list(as_agent, five, path):
    rows = paths(as_agent, f"{path}?state=ArrivedToWarehouse&sort=created")
    back = place_at(as_agent, place_at(as_agent, rows[0]).next).list_path
    assert back.startswith(f"{path}?state=ArrivedToWarehouse&sort=created#return-")
    row = back.partition("#")[2]
    assert f'id="{row}"' in as_agent.get(back).content.decode()


def test_the_way_back_leads_to_the_page_of_the_list_with_the_row(as_agent):
    now = timezone.now()
    make_returns(
        {"reference": f"R{n}", "created_at": now - timedelta(minutes=n)}
        for n in range(PAGE_SIZE * 2 + 10)
    )
    first = paths(as_agent, "/returns/")
    last_of_first, first_of_second = first[-1], place_at(as_agent, first[-1]).next
    assert place_at(as_agent, last_of_first).list_path.startswith("/returns/#return-")
    back = place_at(as_agent, first_of_second).list_path
    second = [reference_in(path) for path in paths(as_agent, back)]
    assert second == [f"R{n}" for n in range(PAGE_SIZE, PAGE_SIZE * 2)]


def test_a_return_that_has_left_the_list_is_followed_by_the_next_from_its_place(as_agent, five):
    rows = paths(as_agent, "/returns/?tag_any=vip&tag_any=urgent-refund&sort=urgent")
    first = place_at(as_agent, rows[0])
    record = as_agent.get(rows[0]).context["details"].record
    for tag in Tag.objects.filter(name__in=["vip", "urgent-refund"]):
        remove_tag(record, tag, None)
    after = place_at(as_agent, rows[0])
    assert after.next == first.next
    assert after.position == "No longer in this list"
    assert (
        after.list_path.partition("#")[2]
        == place_at(as_agent, first.next).list_path.partition("#")[2]
    )
    remaining = place_at(as_agent, after.next)
    assert remaining.previous == ""
    assert remaining.position == "1 of 1, the last one"


def test_a_return_that_has_moved_in_its_list_claims_no_position(as_agent, five):
    path = paths(as_agent, "/returns/?sort=-updated")[1]
    before = place_at(as_agent, path)
    record = as_agent.get(path).context["details"].record
    record.updated_at = timezone.now() + timedelta(minutes=1)
    record.save(update_fields=["updated_at"])
    after = place_at(as_agent, path)
    assert (after.position, after.next) == ("", before.next)


def test_a_long_list_says_its_cap_and_no_position_beyond_it(as_agent, five, monkeypatch):
    monkeypatch.setattr(places, "FILTERED_CAP", 2)
    positions = [place_at(as_agent, path).position for path in paths(as_agent, "/returns/")]
    assert positions == ["1 of 2+", "2 of 2+", "3 of 3+", "", "", "The last one in this list"]


def test_a_place_that_takes_too_long_leaves_the_way_back(as_agent, five, monkeypatch):
    def stuck(*_):
        raise places.QueryTimeoutError

    path = paths(as_agent, "/returns/?state=ArrivedToWarehouse")[0]
    monkeypatch.setattr(places, "_find_place", stuck)
    place = place_at(as_agent, path)
    assert place == places.ListPlace("/returns/?state=ArrivedToWarehouse")


@pytest.mark.parametrize("query", ["", "state=Completed", "after=x", "bad=1&after=WzEsMV0"])
def test_without_a_valid_place_in_a_list_there_are_no_links(as_agent, query):
    make_return("R1")
    answer = as_agent.get(f"/returns/R1/?{query}")
    assert answer.status_code == 200
    assert answer.context["place"] is None
    assert "back-to-list" not in answer.content.decode()


def test_without_scripts_the_editor_of_tags_leads_back_to_the_place(as_agent, five):
    path = paths(as_agent, "/returns/?state=ArrivedToWarehouse")[0]
    page = unescape(as_agent.get(path).content.decode())
    assert f'name="next" value="{path}"' in page


def test_without_scripts_comments_lead_back_to_the_place(as_agent, agent, five):
    path = paths(as_agent, "/returns/?state=ArrivedToWarehouse")[0]
    record = as_agent.get(path).context["details"].record
    page = unescape(as_agent.get(path).content.decode())
    new = f"/return/{record.pk}/comments/"
    assert f'name="next" value="{path}"' in page[page.index(f'action="{new}"') :][:900]
    sent = {"text": "Called", "token": str(uuid4()), "next": path}
    assert as_agent.post(new, sent)["Location"] == f"{path}#timeline"
    page = as_agent.get(path).content.decode()
    edit = unescape(re.search(r'id="comment-\d+-edit" href="([^"]+)"', page)[1])
    form = unescape(as_agent.get(edit).content.decode())
    assert f'href="{path}#timeline"' in form
    assert f'name="next" value="{path}"' in form
    one = edit.partition("?")[0]
    saved = {"text": "Called back", "replaces": version_of("Called"), "next": path}
    for data in (saved, {"delete": "1", "next": path}):
        assert as_agent.post(one, data)["Location"] == f"{path}#timeline"
    assert as_agent.post(new, sent | {"text": ""}).status_code == 422
    assert (
        as_agent.post(new, sent | {"next": "https://elsewhere.example/"})["Location"]
        == f"{record.get_absolute_url()}#timeline"
    )
