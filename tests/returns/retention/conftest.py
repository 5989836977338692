"""Each test counts the events of access that it makes itself."""

import pytest

from returns.models import AccessEvent


@pytest.fixture(autouse=True)
def _no_events_of_the_migrations(db):
    AccessEvent.objects.all().delete()
