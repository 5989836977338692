"""The tracking ID of a return opens its carrier's page, and tells the carrier nothing else."""

import re
from html import unescape

import pytest

from returns.carriers.tracking import tracking_link
from tests.factories import make_carrier, make_return

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
ADDRESS = "https://carrier.example/track?n={tracking}&l=tr"


@pytest.fixture
def aras(db):
    return make_carrier("Aras Kargo", "Aras", address=ADDRESS)


def link_of(page: str) -> dict[str, str]:
    (tag,) = re.findall(r'<a href="https://[^>]*>', page)
    return {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}


@pytest.mark.parametrize("carrier", ["Aras Kargo", "ARAS", "aras-kargo"])
@pytest.mark.parametrize("where", ["page", "preview"])
def test_the_tracking_id_opens_the_page_of_its_carrier(as_agent, aras, carrier, where):
    record = make_return(cargo_carrier=carrier, tracking_id="73400 11")
    path = {"page": record.get_absolute_url(), "preview": f"/return/{record.pk}/card/"}[where]
    page = as_agent.get(path, headers=HTMX if where == "preview" else {}).text
    link = link_of(page)
    assert link["href"] == "https://carrier.example/track?n=73400%2011&l=tr"
    assert link["target"] == "_blank"
    assert set(link["rel"].split()) == {"noreferrer", "noopener"}
    assert link["referrerpolicy"] == "no-referrer"
    assert link["aria-label"] == "Track 73400 11 on the page of Aras Kargo (opens a new tab)"
    assert 'data-copy="73400 11"' in page
    assert carrier in page


@pytest.mark.parametrize(
    ("tracking_id", "written"),
    [
        ("1 2", "1%202"),
        ("a/../b?c=d#e", "a%2F..%2Fb%3Fc%3Dd%23e"),
        ("ŞN-1&x=2", "%C5%9EN-1%26x%3D2"),
        ("順豐", "%E9%A0%86%E8%B1%90"),
        ("{tracking}", "%7Btracking%7D"),
        ('"><script>', "%22%3E%3Cscript%3E"),
        ("100%", "100%25"),
    ],
)
def test_a_tracking_id_is_one_encoded_part_of_the_address(as_agent, aras, tracking_id, written):
    link = tracking_link("Aras", tracking_id)
    assert link.address == ADDRESS.replace("{tracking}", written)
    record = make_return(cargo_carrier="Aras", tracking_id=tracking_id)
    assert link_of(as_agent.get(record.get_absolute_url()).text)["href"] == link.address


def test_what_cannot_be_tracked_is_plain_text(as_agent, aras):
    make_carrier("MNG")
    for carrier, tracking_id in (("MNG", "1"), ("Nobody", "1"), ("", "1"), ("Aras", "")):
        record = make_return(cargo_carrier=carrier, tracking_id=tracking_id)
        assert "carrier.example" not in as_agent.get(record.get_absolute_url()).text
        assert tracking_link(carrier, tracking_id) is None
