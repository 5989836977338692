"""What is beside the web server and the database: clocks, disks and mail."""

from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.db import connection

from returns.database.time_zones import check_time_zone_data
from returns.operations.disks import Disk, disks
from returns.operations.doctor.points import Point, failed, ok, skipped, warning

LITTLE_SPACE = 2_000_000_000  # bytes
OTHER_TIME, WRONG_TIME = 2, 60  # seconds
SET_CLOCKS = "Let NTP, such as chrony or systemd-timesyncd, set the clocks of all computers."
TEST_MAIL = "The returns desk can send mail. Nothing else needs to be done."


def clock_point(name: str, whose: str, difference: float) -> Point:
    """Return how a clock is, whose time is ``difference`` seconds later than that of this one."""
    direction = "ahead of" if difference > 0 else "behind"
    text = f"The clock of {whose} is {abs(difference):.0f} s {direction} that of this computer."
    if abs(difference) >= WRONG_TIME:
        return failed(name, text, SET_CLOCKS)
    if abs(difference) >= OTHER_TIME:
        return warning(name, text, SET_CLOCKS)
    return ok(name, f"The clock of {whose} agrees with that of this computer.")


def database_clock(now: datetime) -> list[Point]:
    """Compare the clock of the database with ``now``; and its time zones with Python's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (at,) = cursor.fetchone()
    points = [clock_point("clock", "the database", (at - now).total_seconds())]
    messages = check_time_zone_data(databases=["default"])
    points += [warning("time zones", str(each.msg), str(each.hint)) for each in messages]
    if not messages:
        text = f"Python and PostgreSQL agree about {settings.TIME_ZONE}."
        points.append(ok("time zones", text))
    return points


def disk_points() -> list[Point]:
    """Tell how much space there is for temporary files: uploads and exports are written there."""
    return [_of_disk(disk) for disk in disks()]


def _of_disk(disk: Disk) -> Point:
    text = f"{disk.folder} has {disk.free / 1e9:,.1f} of {disk.total / 1e9:,.1f} GB free."
    advice = (
        "Free some space, or let TMPDIR name a larger disk. Exports need up to "
        f"{settings.EXPORT_FILE_MB} MB each."
    )
    if disk.is_nearly_full:
        return failed("disk", text, advice)
    if disk.free < LITTLE_SPACE:
        return warning("disk", text, advice)
    return ok("disk", text)


def mail_points(receiver: str) -> list[Point]:
    """Sign in to the mail server; send a mail only if there is a receiver."""
    if not settings.HAS_MAIL:
        text = "EMAIL_HOST is not set: nobody can reset a forgotten password by mail."
        return [skipped("mail", text)]
    options = settings.MAILERS["default"]["OPTIONS"]
    where = f"{options['host']}:{options['port']}"
    advice = "Check EMAIL_HOST, EMAIL_PORT, EMAIL_HOST_USER, its password, and EMAIL_USE_TLS."
    server = mailers["default"]
    try:
        server.open()
        if receiver:
            EmailMessage("Returns desk", TEST_MAIL, to=[receiver]).send()
    except (OSError, SMTPException) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return [failed("mail", f"The mail server {where} cannot be used: {reason}", advice)]
    finally:
        server.close()
    done = f"took a mail to {receiver}" if receiver else "can be used; no mail was sent"
    return [ok("mail", f"The mail server {where} {done}.")]
