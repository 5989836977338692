"""The settings, by Django's own checks and ours: those of ``check --deploy``."""

from django.conf import settings
from django.core import checks

from returns.operations.doctor.points import Point, failed, ok, warning

GRAVE, NOTEWORTHY = 40, 20  # levels of checks


def settings_points(*, is_migrated: bool) -> list[Point]:
    """Return a point for each message of the checks; one that says so if there is none."""
    messages = checks.run_checks(
        include_deployment_checks=not settings.LOCAL,
        databases=["default"] if is_migrated else [],
    )
    points = [
        _point(message)
        for message in messages
        if message.level >= NOTEWORTHY and not message.is_silenced()
    ]
    return points or [ok("settings", "The checks of the settings find nothing.")]


def _point(message: checks.CheckMessage) -> Point:
    make = failed if message.level >= GRAVE else warning
    return make("settings", f"{message.msg} ({message.id})", message.hint or "")
