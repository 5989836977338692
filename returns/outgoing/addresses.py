"""Where messages may go: public addresses by https, and the hosts that a setting names.

A name is resolved when something is sent, and the connection goes to exactly the address that was
checked: a name that means another one a moment later leads nowhere else.
"""

import ipaddress
import queue
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings

from config.addresses import with_query
from config.stored_texts import StoredText, stored_text

type Ip = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {443, 8443}
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
# Public by their numbers, but not by what answers there: 6to4 relays, and Azure's own services.
NOT_PUBLIC = (
    ipaddress.ip_network("192.88.99.0/24"),
    ipaddress.ip_network("168.63.129.16/32"),
    ipaddress.ip_network("3fff::/20"),
)

NOT_AN_ADDRESS = stored_text("Enter an address that begins with https://.")
WITH_CREDENTIALS = stored_text("The address must not contain a user name, a password or a #.")
WRONG_PORT = stored_text("The address may only use port 443 or 8443.")
NOT_PUBLIC_ADDRESS = stored_text("This address is not public, so nothing is sent there.")
UNKNOWN_HOST = stored_text("The host of the address cannot be found.")


class AddressError(Exception):
    """Nothing may or can be sent to an address; ``reason`` says why, for people."""

    def __init__(self, reason: StoredText) -> None:
        super().__init__(str(reason))
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its parts. ``path`` has the query too; ``is_trusted`` if a setting names it."""

    host: str
    port: int
    path: str
    is_tls: bool
    is_trusted: bool

    @property
    def host_header(self) -> str:
        """Return the host as requests name it, with a port that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def parse_target(address: str) -> Target:
    """Return the parts of an address. Raises ``AddressError`` if nothing may be sent there."""
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if ":" in host else host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError):
        raise AddressError(NOT_AN_ADDRESS) from None
    is_trusted = host in settings.OUTGOING_ALLOWED_HOSTS
    schemes = {"https", "http"} if is_trusted else {"https"}
    if parts.scheme not in schemes or not host or not address.isascii() or not _is_clean(address):
        raise AddressError(NOT_AN_ADDRESS)
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressError(WITH_CREDENTIALS)
    is_tls = parts.scheme == "https"
    port = port or (443 if is_tls else 80)
    if port not in PORTS and not is_trusted:
        raise AddressError(WRONG_PORT)
    target = Target(host, port, with_query(parts.path or "/", parts.query), is_tls, is_trusted)
    _check_number(target)
    return target


def _is_clean(address: str) -> bool:
    return all(33 <= ord(character) < 127 for character in address)


def _check_number(target: Target) -> None:
    """Refuse at once what is an address in numbers and no public one."""
    try:
        number = ipaddress.ip_address(target.host)
    except ValueError:
        return
    if not target.is_trusted and not is_public(number):
        raise AddressError(NOT_PUBLIC_ADDRESS)


def is_public(number: Ip) -> bool:
    """Tell whether an address of the internet is public, and is no other address in disguise."""
    if number.is_multicast or not number.is_global:
        return False
    if any(number in network for network in NOT_PUBLIC if network.version == number.version):
        return False
    if isinstance(number, ipaddress.IPv4Address):
        return True
    # Outside are mapped, translated (NAT64), local and reserved ones; within, two kinds of tunnels.
    is_tunnel = number.sixtofour is not None or number.teredo is not None
    return number in PUBLIC_IPV6 and not is_tunnel


def resolve(target: Target, seconds: float) -> list[str]:
    """Return the addresses to connect to, in order.

    Raises ``AddressError`` if any of them is not public, or none is found in time.
    """
    numbers = _look_up(target, seconds)
    if not target.is_trusted:
        for number in numbers:
            if not is_public(ipaddress.ip_address(number.partition("%")[0])):
                raise AddressError(NOT_PUBLIC_ADDRESS)
    return numbers


def _look_up(target: Target, seconds: float) -> list[str]:
    """Ask for the host in a thread of its own: a server of names may be silent for minutes."""
    answers: queue.SimpleQueue[list[str]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            rows = []
        answers.put(list(dict.fromkeys(str(row[4][0]) for row in rows)))

    threading.Thread(target=ask, name="name of a webhook", daemon=True).start()
    try:
        numbers = answers.get(timeout=max(seconds, 0.01))
    except queue.Empty:
        numbers = []
    if not numbers:
        raise AddressError(UNKNOWN_HOST)
    return numbers
