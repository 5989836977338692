"""Versions of returns, by which a program makes sure that it changes what it has read.

The ETag of an answer about one return begins with the version of the return; behind it is what
tells one form of the answer from another. ``If-Match`` is compared with the version alone, so the
ETag of any answer about the return will do.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.http import HttpRequest
from django.utils.http import parse_etags

from returns.api.errors import ApiError, ErrorDetail, InvalidRequest
from returns.api.following import to_microseconds
from returns.models import LastChange

ANY = "*"
IF_MATCH = "If-Match"
_ETAGS = re.compile(r'\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*')
NOT_AN_ETAG = (
    "{}: this is no ETag. Send the one of an answer about the return, with its quotation marks, or "
    "*."
)


def read_versions(pks: Iterable[int]) -> dict[int, str]:
    """Return the versions of returns, as ETags, by their ids."""
    changes = LastChange.objects.filter(pk__in=list(pks)).values_list("pk", "changed_at")
    return {pk: version_of(pk, changed_at) for pk, changed_at in changes}


def version_of(pk: int, changed_at: datetime) -> str:
    """Return the version of a return that last changed at a time, as an ETag."""
    return f'"{pk:x}.{to_microseconds(changed_at):x}"'


def wanted_versions(request: HttpRequest) -> list[str] | None:
    """Return the ETags of ``If-Match``, or None without this header. Raises ``InvalidRequest``."""
    header = request.headers.get(IF_MATCH)
    return None if header is None else parse_versions(header, IF_MATCH)


def parse_versions(text: str, name: str) -> list[str]:
    """Return the ETags in a text. Raises ``InvalidRequest`` for the property ``name``."""
    if not _ETAGS.fullmatch(text.strip()):
        raise InvalidRequest(ErrorDetail(name, NOT_AN_ETAG.format(name), "not_an_etag"))
    return parse_etags(text)


def matches(wanted: Iterable[str], version: str) -> bool:
    """Tell whether one of the ETags is of this version, or is ``*``. Weak ones never are."""
    current = version.strip('"')
    return any(
        etag == ANY or (etag.startswith('"') and etag.strip('"').partition("-")[0] == current)
        for etag in wanted
    )


def changed_since(wanted: Iterable[str], version: str) -> str:
    """Return why the ETags do not match, for people."""
    if all(etag.startswith("W/") for etag in wanted):
        return f"A weak ETag (W/) never matches here. The return's is {version} now."
    return f"The return has changed since. Its ETag is {version} now; read it again."


def check_version(wanted: list[str] | None, pk: int) -> None:
    """Raise ``ApiError`` (412), with the current ETag, unless a return is as a program wants it.

    Call it while the return is locked.
    """
    if wanted is None:
        return
    versions: Mapping[int, str] = read_versions([pk])
    version = versions.get(pk, "")
    if not matches(wanted, version):
        message = changed_since(wanted, version)
        details = [ErrorDetail(IF_MATCH, message, "changed_since")]
        raise ApiError(412, "changed_since", message, details, headers={"ETag": version})
