"""The hosts that are served: values of ALLOWED_HOSTS that cannot be right, and refused requests."""

import ipaddress
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core import checks

# The names that Django accepts from a browser, without the port, if the network can have them: up
# to 63 letters between two dots, and 253 in all. A dot in front means subdomains.
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = re.compile(rf"(?=\.?.{{1,253}}\Z)(\.|){LABEL}(\.{LABEL})*|\[[0-9a-f:.]+\]", re.IGNORECASE)
HINT = "Write the names that people type, with commas, such as returns.example.com,10.0.0.5"
ANY_HOST = "ALLOWED_HOSTS has “*”, so requests for any host are served."
BLANK_HOST = "ALLOWED_HOSTS has a blank entry between two commas. It is left out."

REFUSED_HOST = "A request for the host %s was refused: it is not in ALLOWED_HOSTS"
REFUSED_HOST_AND_OTHERS = REFUSED_HOST + "; %d more were not logged"
REFUSED_PER_MINUTE = 10  # lines of a process; scanners send thousands of requests
SHOWN_LENGTH = 100  # characters of a host


def what_is_wrong(host: str) -> str:
    """Return why no request can be for this host, as the end of a sentence; "" if one can."""
    if host == "*" or NAME.fullmatch(host):
        return ""
    if "://" in host:
        return "is an address; leave out what is before and after the host"
    if _is_ipv6(host):
        return "must be in brackets"
    if re.search(r":\d*$", host):
        return "has a port; leave it out"
    if "/" in host:
        return "has a path; leave it out"
    if "*" in host:
        return "has an asterisk; for all subdomains, write .example.com"
    if "_" in host:
        return "has an underscore, which names of hosts may not have"
    if not host.isascii():
        return "has other letters than a to z; write it as the network does, xn--…"
    return "is not the name of a host"


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def unusable_hosts(hosts: Iterable[str]) -> list[str]:
    """Return a sentence for each entry that no request can be for."""
    reasons = {host: what_is_wrong(host) for host in hosts}
    return [f"ALLOWED_HOSTS: {host!r} {reason}." for host, reason in reasons.items() if reason]


def check_allowed_hosts(**_: Any) -> list[checks.CheckMessage]:
    """Name the entries of ALLOWED_HOSTS that cannot be right."""
    text = os.environ.get("ALLOWED_HOSTS", "")
    hosts = [host.strip() for host in text.split(",")] if text.strip() else []
    messages: list[checks.CheckMessage] = [
        checks.Error(sentence, HINT, id="config.E001")
        for sentence in unusable_hosts(filter(None, hosts))
    ]
    if "*" in hosts:
        messages.append(checks.Warning(ANY_HOST, HINT, id="config.W001"))
    if not all(hosts):
        messages.append(checks.Warning(BLANK_HOST, HINT, id="config.W002"))
    return messages


class RefusedHostFilter(logging.Filter):
    """Makes one short line of each refused host, and keeps to so many lines a minute.

    The host comes from anybody: it is cut, and shown in a form in which it cannot break a line.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._lock = threading.Lock()
        self._minute, self._lines, self._left_out = 0, 0, 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is logged, and change it."""
        with self._lock:
            minute = int(self._now() // 60)
            if minute != self._minute:
                self._minute, self._lines = minute, 0
            if self._lines >= REFUSED_PER_MINUTE:
                self._left_out += 1
                return False
            self._lines += 1
            left_out, self._left_out = self._left_out, 0
        request = getattr(record, "request", None)
        host = request.META.get("HTTP_HOST", "") if request else ""
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = record.exc_text = None
        record.msg = REFUSED_HOST_AND_OTHERS if left_out else REFUSED_HOST
        shown = ascii(host[:SHOWN_LENGTH])
        record.args = (shown, left_out) if left_out else (shown,)
        return True
