"""The filter bar above a report."""

import re
from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone

from returns.filters.query import Query
from returns.reports.filter_bar import build_filter_bar
from returns.reports.report import SUBJECTS, build_report
from returns.summaries import maintenance
from tests.factories import make_return, put_tag
from tests.markup import flat
from tests.returns.reports.invented import scatter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def bar(query: str):
    return build_filter_bar(build_report("speed", Query.parse(query), timezone.now()))


def test_each_filter_is_a_chip_without_which_the_rest_stays():
    chips = bar("tag=books&tag=fragile&state=Completed&period=30&order=-speed.1").chips
    assert {(chip.kind, chip.text): chip.address.partition("?")[2] for chip in chips} == {
        ("tags", "books"): "tag=fragile&state=Completed&period=30&order=-speed.1",
        ("tags", "fragile"): "tag=books&state=Completed&period=30&order=-speed.1",
        ("state", "Completed"): "tag=books&tag=fragile&period=30&order=-speed.1",
    }
    assert bar("state=Completed").chips[0].address == "/reports/speed/"


@pytest.mark.slow
def test_what_came_in_the_period_and_before_may_be_chosen():
    make_return(cargo_carrier="UPS", sales_order_channel="Web shop")
    make_return(cargo_carrier="Aras")
    make_return(cargo_carrier="Gone", created_at=timezone.now() - timedelta(days=99))
    maintenance.rebuild()
    carriers, channels, tags = bar("period=30&carrier=DHL").fields
    assert carriers.groups == [("", [("Aras", "Aras"), ("DHL", "DHL"), ("UPS", "UPS")])]
    assert (carriers.chosen, carriers.blank) == ("DHL", "Any carrier")
    assert (channels.groups, channels.chosen) == ([("", [("Web shop", "Web shop")])], "")
    assert ("books", "books") in dict(tags.groups)["Product category"]


def test_without_summaries_what_is_chosen_stays():
    make_return(cargo_carrier="UPS")
    carriers, channels, _ = bar("carrier=DHL").fields
    assert [carriers.groups, channels.groups] == [[("", [("DHL", "DHL")])], [("", [])]]


def test_another_carrier_takes_the_place_of_the_first_and_tags_come_together():
    result = bar("carrier=DHL&tag=books&period=30&missing=channel")
    assert result.other_params.urlencode() == "tag=books&period=30&missing=channel"
    assert result.fields[2].blank == "Another tag"
    assert bar("").fields[2].blank == "Any tag"


def test_an_address_that_is_not_understood_can_be_mended(as_agent):
    page = as_agent.get("/reports/speed/?carrier=DHL&state=Lost").content.decode()
    assert 'href="/reports/speed/?carrier=DHL"' in page


def test_what_was_typed_stays_beside_what_is_wrong_with_it(as_agent):
    page = as_agent.get("/reports/?from=2016-11-20&to=2016-11-01").content.decode()
    assert 'name="from" value="2016-11-20"' in page
    assert 'name="to" value="2016-11-01"' in page


def test_what_means_nothing_is_no_filter():
    assert bar("_=1&utm_source=mail&state=Completed").chips == bar("state=Completed").chips


@pytest.mark.slow
def test_every_table_is_sorted_by_every_column_and_by_no_other(as_agent):
    scatter(Random(5), timezone.now(), 60)
    put_tag(make_return(), "new-this-week")
    for subject in SUBJECTS:
        for section in build_report(subject, Query.parse("period=7"), timezone.now()).sections:
            for table in section.tables:
                for place in range(len(table.head)):
                    for order in (f"{table.name}.{place}", f"-{table.name}.{place}"):
                        asked = Query.parse(f"period=7&order={order}")
                        sorted_ = build_report(subject, asked, timezone.now()).table(table.name)
                        assert len(sorted_.rows) == len(table.rows)
    for order in ("flow.", "flow.99", "flow.³", f"flow.{'9' * 5000}"):
        assert as_agent.get("/reports/", {"order": order}).status_code == 200


def test_that_summaries_are_being_built_is_said_until_they_are(as_agent):
    text = "The daily counts for reports are being prepared"
    assert text in as_agent.get("/reports/").content.decode()
    maintenance.rebuild()
    assert text not in as_agent.get("/reports/").content.decode()


def test_the_share_that_is_reached_is_heard_and_reached_by_keyboard_too(as_agent):
    for tag in ("damaged", "damaged", "damaged", "wrong-size"):
        put_tag(make_return(), tag)
    page = flat(as_agent.get("/reports/why/"))
    points = re.findall(
        r'<g tabindex="0" role="img" aria-label="([^"]+)">.*?<title>\1</title>', page
    )
    text = "cumulative share"
    assert points == [f"damaged: 75% {text}", f"wrong-size: 100% {text}"]
