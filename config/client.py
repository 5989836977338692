"""The address of the computer that sent a request."""

import ipaddress

from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """Return the address as the proxy tells it; None if it is not one."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 address in the form of IPv6
    return str(mapped or address)


def client_network(request: HttpRequest) -> str | None:
    """Return the address; of IPv6 that of its /64 network, which one computer can use up freely."""
    address = client_address(request)
    if address is None or "." in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False).network_address)
