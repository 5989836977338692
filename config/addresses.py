"""Addresses: the page to go back to."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Return the page that a form, or else the query string, names in ``next``.

    An address of another site is not followed: ``otherwise`` is returned instead.
    """
    asked = request.POST.get("next") or request.GET.get("next", "")
    return asked if is_own_address(request, asked) else otherwise


def is_own_address(request: HttpRequest, address: str) -> bool:
    """Tell whether an address is of this site, so that people can be sent there."""
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, request.is_secure())
