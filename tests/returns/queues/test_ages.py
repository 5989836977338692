"""The colours of ages: from the first to the last, whatever AGEING_HOURS says."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from returns.models import State
from returns.queues.cards import AGE_COLORS, age_color
from tests.factories import make_return


@pytest.mark.parametrize(
    ("count", "colors"),
    [
        (1, [1]),
        (2, [1, 4]),
        (3, [1, 2, 4]),
        (4, [1, 2, 3, 4]),
        (7, [1, 1, 2, 2, 3, 3, 4]),
        (12, [1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4]),
    ],
)
def test_a_colour_is_the_share_of_its_place(count, colors):
    assert [age_color(place, count) for place in range(count)] == colors


def test_the_style_sheet_has_each_colour():
    styles = Path("static/css/app.css").read_text()
    assert set(re.findall(r"\.age-(\d+)", styles)) == {str(n + 1) for n in range(AGE_COLORS)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "colors"),
    [([24], "14"), ([24, 48], "124"), ([1, 2, 4, 8, 16, 32], "1122334")],
)
def test_the_queue_shows_each_bucket_in_its_colour(as_manager, settings, hours, colors):
    settings.AGEING_HOURS = hours
    arrived = timezone.now() - timedelta(hours=3)
    make_return("one", state=State.ARRIVED, created_at=arrived, arrived_to_warehouse_at=arrived)
    page = as_manager.get("/queue/?queue=to_inspect").text
    card = page.partition('id="queue-to_inspect"')[2].partition("</section>")[0]
    assert "".join(re.findall(r'<rect class="age-(\d+)"', card)) == colors
    assert "".join(re.findall(r'swatch age-(\d+)"', card)) == colors
