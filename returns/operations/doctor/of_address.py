"""The public address: what the proxy passes on, redirects, static files, and the server's clock."""

import re
import time
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.urls import reverse

from config.diagnosis import PROOF_HEADER, proof
from config.hosts import what_is_wrong
from returns.operations.doctor.of_machine import clock_point
from returns.operations.doctor.points import Point, failed, ok, skipped, warning
from returns.operations.doctor.visits import Answer, NoAddressError, VisitError, visit

# Of the blocks for documentation: nobody has this address.
FORGED_ADDRESS, FORGED_HOST = "192.0.2.77", "forged.invalid"
MONTH = 30 * 24 * 60 * 60  # seconds
STATIC_FILE = re.compile(r'(?:href|src)="([^"]+\.(?:css|js))"')
SEE_PROXY = "See “The proxy” in docs/deploy.md."


def public_address(given: str) -> str:
    """Return the address that is given, or that of the first host that is allowed; or ""."""
    if given:
        return given.rstrip("/")
    # The checks of the settings name those that cannot be right.
    names = [
        name
        for name in settings.ALLOWED_HOSTS
        if name not in ("*", "") and name[0] != "." and not what_is_wrong(name)
    ]
    return f"https://{names[0]}" if names and not settings.LOCAL else ""


def address_points(address: str, plain_address: str) -> list[Point]:
    """Return what there is to say of the desk at its public address.

    ``plain_address`` is the one without TLS; "" means the same host, if it is at the usual port.
    """
    if not address:
        return [skipped("address", "There is no public address.", "Give it with --url.")]
    try:
        answer = visit(
            address,
            "/readyz",
            **{PROOF_HEADER: proof()},
            X_Forwarded_For=FORGED_ADDRESS,
            X_Forwarded_Host=FORGED_HOST,
            X_Forwarded_Proto="http",
        )
    except NoAddressError as error:
        advice = "Give one that begins with https://, such as https://returns.example.com."
        return [failed("address", f"{address} is no address of a web server: {error}.", advice)]
    except VisitError as error:
        text = f"{address} cannot be reached: {error}."
        advice = (
            "Check the name, the proxy and its certificate, and that manage.py serve is running."
        )
        return [failed("address", text, advice)]
    if not answer.seen:
        return [_not_the_desk(address, answer)]
    points = [ok("address", f"The desk answers at {address}.")] if answer.status == 200 else []
    if not points:
        text = f"{address}/readyz answers {answer.status}: {answer.text[:200]}"
        points.append(failed("address", text, "See the log of the web server."))
    return [
        *points,
        *_proxy(address, answer),
        _web_limit(answer),
        clock_point("clock", "the web server", answer.seen["time"] - time.time()),
        *_plain(address, plain_address),
        *_time_zone(answer),
        *_static(address),
    ]


def _not_the_desk(address: str, answer: Answer) -> Point:
    if answer.status == 400:
        text = f"{address}/readyz answers 400: the desk refuses the host."
        advice = "Let the proxy pass on Host, and let ALLOWED_HOSTS name it."
    elif answer.status in (502, 503, 504):
        text = f"{address}/readyz answers {answer.status}: the proxy does not reach the desk."
        advice = "Start manage.py serve, and check the port that the proxy passes requests to."
    else:
        text = f"{address}/readyz answers {answer.status}, but not as this desk."
        advice = (
            "Check that the proxy leads to this desk, that both have the same SECRET_KEY and run "
            "the same version, and that their clocks agree."
        )
    return failed("address", text, advice)


def _proxy(address: str, answer: Answer) -> list[Point]:
    seen, points = answer.seen, []
    scheme, host = urlsplit(address).scheme, urlsplit(address).netloc
    if seen["scheme"] != scheme:
        text = f"The desk takes requests to {scheme}:// for {seen['scheme']}://."
        advice = f"Let the proxy set X-Forwarded-Proto to {scheme}, also if a browser sends it."
        points.append(failed("proxy", text, f"{advice} {SEE_PROXY}"))
    if FORGED_ADDRESS in seen["forwarded_for"]:
        text = "Whoever sends X-Forwarded-For chooses the address by which the desk knows them."
        advice = "Let the proxy replace X-Forwarded-For with the address that it serves."
        points.append(failed("proxy", text, f"{advice} {SEE_PROXY}"))
    elif not seen["forwarded_for"]:
        text = f"The desk knows everybody by the address of the proxy, {seen['address']}."
        advice = "Let the proxy set X-Forwarded-For: otherwise a guesser locks out everybody."
        points.append(failed("proxy", text, f"{advice} {SEE_PROXY}"))
    if seen["host"].partition(":")[0] != host.partition(":")[0]:
        text = f"The desk is asked for {seen['host']} instead of {host}."
        points.append(failed("proxy", text, f"Let the proxy pass on Host. {SEE_PROXY}"))
    told = f"The proxy says {seen['scheme']}, {seen['host']} and {seen['address']}."
    return points or [ok("proxy", told)]


def _web_limit(answer: Answer) -> Point:
    limit = answer.seen["statement_timeout"]
    if limit not in ("0", ""):
        return ok("statement limit", f"Queries of pages are cancelled after {limit}.")
    advice = "Set statement_timeout for web servers in the pooler: see docs/pooler.md."
    if not settings.DATABASE_POOLER:
        advice = "Leave STATEMENT_LIMIT of the web server at its default."
    return warning("statement limit", "Queries of pages have no limit of time.", advice)


def _time_zone(answer: Answer) -> list[Point]:
    """Tell whether the web server reckons dates in the time zone of this process."""
    name = answer.seen.get("time_zone", settings.TIME_ZONE)
    if name == settings.TIME_ZONE:
        return []
    text = f"TIME_ZONE of the web server is {name}, and {settings.TIME_ZONE} here."
    return [warning("time zones", text, "Set the same for all processes, and restart them.")]


def _plain(address: str, plain_address: str) -> list[Point]:
    """Tell whether the address without TLS leads to the one with it, even for a forger."""
    parts = urlsplit(address)
    if parts.scheme != "https":
        text = f"{address} is without TLS: everybody on the way can read along."
        return [warning("redirect", text, "Give the https address with --url.")]
    if not plain_address and parts.port:
        return [skipped("redirect", "The port without TLS is not known.", "Give --plain-url.")]
    plain_address = plain_address or f"http://{parts.hostname}"
    try:
        answer = visit(plain_address, reverse("login"), X_Forwarded_Proto="https")
    except VisitError as error:
        text = f"Nothing answers at {plain_address}: {error}."
        return [warning("redirect", text, "People who type the name alone get no page.")]
    target = answer.headers.get("Location", "")
    if answer.status in (301, 308) and target.startswith("https://"):
        return [ok("redirect", f"{plain_address} leads to https.")]
    text = f"{plain_address} answers {answer.status} instead of leading to https."
    advice = "Let the proxy redirect, and set X-Forwarded-Proto itself, to http there."
    return [failed("redirect", text, f"{advice} {SEE_PROXY}")]


def _static(address: str) -> list[Point]:
    """Tell whether static files are served, and kept by browsers."""
    try:
        page = visit(address, reverse("login"))
        paths = STATIC_FILE.findall(page.text)
        if page.status != 200 or not paths:
            text = f"The page for signing in answers {page.status}."
            return [failed("static files", text, "See the log of the web server.")]
        path = urljoin(reverse("login"), paths[0])
        answer = visit(address, path)
    except VisitError as error:
        return [failed("static files", f"They cannot be read: {error}.", SEE_PROXY)]
    if answer.status != 200:
        text = f"{path} answers {answer.status}."
        return [failed("static files", text, "Run manage.py collectstatic, and restart.")]
    age = re.search(r"max-age=(\d+)", answer.headers.get("Cache-Control", ""))
    if age and int(age[1]) >= MONTH:
        return [ok("static files", "Browsers keep static files.")]
    text = "Browsers load static files again and again."
    return [warning("static files", text, "Let the proxy pass on Cache-Control from the desk.")]
