"""The card counts the other returns of the shopper; the name needs a permission."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.models import SalesOrder
from tests.factories import make_return
from tests.returns.feed.orders.samples import CUSTOMER, REFERENCE, an_order, bring

pytestmark = pytest.mark.django_db

SENTENCE = "2 other returns of this shopper in 90 days."


@pytest.fixture(autouse=True)
def record(settings):
    settings.SHOPPER_NAMES = True
    now = timezone.now()
    for number, days in enumerate([0, 3, 89, 100]):
        at = now - timedelta(days=days)
        make_return(f"R-{number}", sales_order_reference_number=f"RSO{number}", created_at=at)
    make_return("other", sales_order_reference_number=REFERENCE)
    bring(*(an_order(f"RSO{number}") for number in range(4)))
    bring(an_order(customer={"email": "x@example.com"}))
    return "/returns/R-0/"


def shopper_on(client, path):
    return client.get(path).context["details"].shopper


def test_the_page_and_the_preview_count_what_their_link_lists(as_agent, record):
    shopper = shopper_on(as_agent, record)
    assert shopper.sentence == SENTENCE
    listed = as_agent.get(shopper.address).context["list"].rows
    names = [row.record.return_reference_number for row in listed]
    assert names == ["R-0", "R-1", "R-2"]  # with this one
    details = as_agent.get(record).context["details"]
    preview = as_agent.get(f"/return/{details.record.pk}/card/", headers={"HX-Request": "true"})
    for page in (as_agent.get(record), preview):
        assert SENTENCE in page.content.decode()


def test_one_is_said_as_one_and_none_not_at_all(as_agent):
    assert shopper_on(as_agent, "/returns/other/").sentence == ""
    SalesOrder.objects.filter(reference="RSO2").delete()
    sentence = shopper_on(as_agent, "/returns/R-0/").sentence
    assert sentence == "1 other return of this shopper in 90 days."


def test_a_return_without_a_known_shopper_says_nothing(as_agent):
    make_return("alone", sales_order_reference_number="RSO-unknown")
    make_return("without", sales_order_reference_number="")
    for name in ("alone", "without"):
        shopper = shopper_on(as_agent, f"/returns/{name}/")
        assert (shopper.sentence, shopper.name) == ("", "")


def test_the_name_is_read_only_for_who_may_see_it(as_agent, agent, record, settings):
    name = f"{CUSTOMER['firstName']} {CUSTOMER['lastName']}"
    with CaptureQueriesContext(connection) as captured:
        page = as_agent.get(record)
    assert name not in page.content.decode()
    assert not any("shopper_name" in each["sql"] for each in captured)
    role = agent.groups.get()
    role.permissions.add(Permission.objects.get(codename="view_shopper_name"))
    assert name in as_agent.get(record).content.decode()
    settings.SHOPPER_NAMES = False
    assert name not in as_agent.get(record).content.decode()
