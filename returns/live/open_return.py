# ruff: noqa: S608 - the parts of the statement are our own
"""Answer the polls of the page of a return: what changed since, and who else looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import connection
from django.http import Http404
from django.urls import reverse

from config.addresses import with_query
from config.htmx import POLL_PARAMETER
from config.versions import version_of
from returns.filters.cursors import MAX_ID
from returns.filters.query import Query
from returns.follow_ups.reading import follow_ups_on
from returns.live.changes import current_token_and_read_at
from returns.live.page import SEEN_PARAMETER, OpenPage, is_outdated
from returns.live.presence import names_of_others, presence_sentence
from returns.models import FollowUp
from returns.people.person import get_preferences
from returns.record.details import (
    MAX_OTHER_RETURNS,
    ReturnDetails,
    find_return,
    return_details,
)
from returns.record.shopper import MAY_SEE_SHOPPER_NAMES

VERSION_PARAMETER, PRESENT_PARAMETER = "version", "present"
# The rows that the page shows, and those that its deadlines and tags depend on, each with the
# transaction that wrote it last. The events tell a tag that was added and removed meanwhile.
ROWS_SQL = f"""
    WITH shown AS (
        SELECT id, xmin FROM returns_return WHERE id = %(record)s
        UNION ALL (
            SELECT id, xmin FROM returns_return
            WHERE order_key = (SELECT order_key FROM returns_return WHERE id = %(record)s)
            AND id <> %(record)s ORDER BY created_at DESC, id DESC LIMIT {MAX_OTHER_RETURNS + 1}
        )
    )
    SELECT
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM shown),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_returntag
            WHERE entity_id IN (SELECT id FROM shown)),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_comment
            WHERE record_id = %(record)s),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_claim
            WHERE record_id = %(record)s),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM tags_tag WHERE id IN (
            SELECT tag_id FROM returns_returntag WHERE entity_id IN (SELECT id FROM shown)
        )),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM tags_taggroup),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_deadlinepolicy),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_workingcalendar),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_carrier),
        (SELECT array_agg((id, xmin)::text ORDER BY id) FROM returns_carrierspelling),
        (SELECT pgh_id FROM returns_returntagevent WHERE entity_id = %(record)s
            ORDER BY pgh_created_at DESC, pgh_id DESC LIMIT 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveReturn(OpenPage):
    """The open page of a return: the version of what it shows, and who else looks at it.

    ``details`` is None in an answer to a page that shows them already, and ``version`` is "" if
    the return has been deleted. ``page`` tells the page from others of the same person.
    """

    pk: int
    version: str
    others: Sequence[str] = ()
    details: ReturnDetails | None = None
    follow_ups: Sequence[FollowUp] = ()
    page: UUID = field(default_factory=uuid4)

    @property
    def poll_address(self) -> str:
        """Return the address that the page polls."""
        known = {
            POLL_PARAMETER: "",
            SEEN_PARAMETER: self.seen,
            VERSION_PARAMETER: self.version,
            PRESENT_PARAMETER: version_of(self.others),
        }
        return with_query(reverse("return-changes", args=[self.pk]), known)

    @property
    def show_address(self) -> str:
        """Return the address of the page; "" in an answer without the details."""
        return self.details.record.get_absolute_url() if self.details else ""

    @property
    def presence(self) -> str:
        """Return who else is looking at the return; "" if nobody is."""
        return presence_sentence(self.others)

    @property
    def is_deleted(self) -> bool:
        """Whether the return has been deleted; its page then stays as it is."""
        return not self.version


def open_return(reference: str, user: User) -> LiveReturn:
    """Return the page of the return with this reference, with its details.

    Raises ``Http404`` if there is no such return.
    """
    pk = find_return(reference)
    seen, read_at = current_token_and_read_at()
    return LiveReturn(
        pk=pk,
        seen=seen,
        read_at=read_at,
        # Before the details are read: a change that these miss comes with the first answer.
        version=_version(pk),
        others=names_of_others(pk, user),
        details=_details(pk, user),
        follow_ups=follow_ups_on(pk, user),
    )


def poll_return(pk: int, query: Query, user: User) -> LiveReturn | None:
    """Return the answer to the poll of a return's page, or None if nothing has changed.

    Raises ``Http404`` for an id that no return can have.
    """
    if pk > MAX_ID:
        raise Http404
    seen, read_at = current_token_and_read_at()
    version, others = _version(pk), names_of_others(pk, user)
    is_current = version == query.get(VERSION_PARAMETER, "")
    is_current = is_current and not is_outdated(query.get(SEEN_PARAMETER, ""), seen)
    if is_current and version_of(others) == query.get(PRESENT_PARAMETER):
        return None
    page = LiveReturn(pk=pk, seen=seen, read_at=read_at, version=version, others=others)
    if is_current:
        return replace(page, seen=query.get(SEEN_PARAMETER, ""))
    if page.is_deleted:
        return page
    return replace(page, details=_details(pk, user), follow_ups=follow_ups_on(pk, user))


def _details(pk: int, user: User) -> ReturnDetails:
    may_see_names = user.has_perm(MAY_SEE_SHOPPER_NAMES)
    language = get_preferences(user).shopper_language
    return return_details(pk, language, may_see_names=may_see_names)


def _version(pk: int) -> str:
    """Return the version of what the page of a return shows; "" if there is no such return."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS_SQL, {"record": pk})
        returns, *others = cursor.fetchone()
    return version_of([returns, *others]) if returns else ""
