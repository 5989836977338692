from zoneinfo import ZoneInfo

import pytest
from django.core.checks import Tags, run_checks

from returns.database import time_zones

pytestmark = pytest.mark.django_db


def said() -> list[str]:
    found = run_checks(tags=[Tags.database], databases=["default"])
    return [f"{message.id}: {message.msg}" for message in found]


def test_no_warning_if_the_time_zone_data_agree(settings):
    for name in ("Europe/Istanbul", "Europe/Berlin", "UTC"):
        settings.TIME_ZONE = name
        assert said() == []


def test_different_time_zone_data_are_reported_with_their_days(settings, monkeypatch):
    settings.TIME_ZONE = "Europe/Istanbul"
    # As data from before 2016 would have it, when Istanbul still had a summer time.
    monkeypatch.setattr(time_zones, "ZoneInfo", lambda name: ZoneInfo("Europe/Athens"))
    [words] = said()
    assert words.startswith(
        "returns.W001: Python and PostgreSQL have different times for Europe/Is"
    )
    assert " from 20" in words


def test_a_zone_that_the_server_lacks_is_an_error(settings, monkeypatch):
    settings.TIME_ZONE = "Europe/Atlantis"
    monkeypatch.setattr(time_zones, "ZoneInfo", lambda name: ZoneInfo("UTC"))
    assert said() == ["returns.E001: PostgreSQL has no time zone 'Europe/Atlantis'."]


def test_without_a_database_nothing_is_asked(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert time_zones.check_time_zone_data(databases=None) == []
