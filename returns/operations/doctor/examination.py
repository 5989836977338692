"""Checks everything, in the order in which one thing needs another."""

from collections.abc import Iterator

from django.utils import timezone

from returns.operations.doctor.of_address import address_points, public_address
from returns.operations.doctor.of_background import background_work
from returns.operations.doctor.of_database import (
    database_points,
    options_points,
    pooler_points,
)
from returns.operations.doctor.of_machine import database_clock, disk_points, mail_points
from returns.operations.doctor.of_replica import replica_points
from returns.operations.doctor.of_settings import settings_points
from returns.operations.doctor.points import Point, Result


def examine(*, url: str = "", plain_url: str = "", mail_to: str = "") -> Iterator[Point]:
    """Yield how everything is. Nothing is changed; a mail is sent only if ``mail_to`` is given."""
    of_database = database_points()
    has_database = of_database[0].name == "database" and of_database[0].result != Result.FAILED
    is_migrated = any(each.name == "rights" for each in of_database)
    yield from settings_points(is_migrated=is_migrated)
    yield from of_database
    if has_database:
        yield from pooler_points()
        yield from options_points()
        yield from database_clock(timezone.now())
    if is_migrated:
        yield from background_work()
    yield from replica_points()
    yield from address_points(public_address(url), plain_url)
    yield from mail_points(mail_to)
    yield from disk_points()
