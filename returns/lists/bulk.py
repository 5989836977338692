"""Choose the returns that a person tags at once: selected ones, or all matches of a filter."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext as _

from config.stored_texts import StoredText, stored_text
from config.text import shorten
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import NON_FILTER_PARAMETERS
from returns.filters.query import Query
from returns.models import Return, ReturnTag
from tags import bulk
from tags.models import BulkTagging, Tag
from tags.vocabulary import load_vocabulary

# How many returns a person may tag at once: by default, and with MAY_TAG_MANY.
DEFAULT_TAGGING_LIMIT, EXTENDED_TAGGING_LIMIT = 500, 100_000
# The same for everybody: their ids take 300 MB of the web server's memory.
MOST_TAGGED_AT_ONCE = 1_000_000
MAX_SELECTED = 1_000
MAY_TAG = "returns.tag_return"
MAY_TAG_MANY, MAY_TAG_ALL = "returns.tag_many_returns", "returns.tag_all_returns"


@dataclass(frozen=True, slots=True)
class TaggingTarget:
    """The returns to tag, and the query string that chose them: by ids, or by a filter."""

    ids: list[int]
    query: str

    @property
    def is_filter(self) -> bool:
        """Whether these are all matches of a filter."""
        return "id" not in Query.parse(self.query)

    @property
    def is_single(self) -> bool:
        """Whether this is one return that was named."""
        return len(self.ids) == 1 and not self.is_filter

    @property
    def list_path(self) -> str:
        """Return the path of the list with the filter; of selected returns, that of all returns."""
        return list_path(self.query)


def list_path(query: str) -> str:
    """Return the path of the list for a query string that chose returns."""
    target = Query.parse(query)
    return reverse("return-list") if "id" in target else target.path(reverse("return-list"))


def tagging_limit(person: User) -> int:
    """Return how many returns the person may tag at once."""
    if person.has_perm(MAY_TAG_ALL):
        return MOST_TAGGED_AT_ONCE
    return EXTENDED_TAGGING_LIMIT if person.has_perm(MAY_TAG_MANY) else DEFAULT_TAGGING_LIMIT


def choose_returns(query: Query, person: User) -> TaggingTarget:
    """Return the returns that a query names (``id``), or the matches of its filter.

    Raises ``ValidationError`` for a filter that is not valid, for a search that was cut short,
    and for more returns than the person may tag at once.
    """
    limit = tagging_limit(person)
    text = stored_text(
        "More than %(limit)s returns match. You can tag up to %(limit)s at once. "
        "Narrow the filters, or ask your administrator.",
        limit=limit,
    )
    return choose_up_to(limit, query, text)


def choose_up_to(limit: int, query: Query, too_many: StoredText) -> TaggingTarget:
    """Return the same. Raises ``ValidationError`` with a text for more than this number."""
    query = query.without(*NON_FILTER_PARAMETERS)
    if "id" in query:
        target = _selected(query)
    else:
        target = TaggingTarget(_matching_ids(query, limit), query.urlencode())
    if len(target.ids) > limit:
        raise ValidationError([too_many])
    return target


def _selected(query: Query) -> TaggingTarget:
    numbers = query.getlist("id")
    if len(numbers) > MAX_SELECTED or not all(number.isdecimal() for number in numbers):
        raise ValidationError(_("This selection is not valid. Select them in the list again."))
    selected = {int(number[:18]) for number in numbers}
    ids = list(Return.objects.among(sorted(selected)).values_list("pk", flat=True))
    return TaggingTarget(ids, Query.from_lists({"id": map(str, ids)}).urlencode())


def _matching_ids(query: Query, limit: int) -> list[int]:
    filterset = ReturnFilterSet(query, load_vocabulary())
    if problems := filterset.problems():
        raise ValidationError(problems)
    if filterset.search_is_cut_short():
        text = stored_text(
            "This search has too many matches. Type more of the number, or use other filters."
        )
        raise ValidationError([text])
    ids = filterset.qs.order_by().values_list("pk", flat=True)
    return list(ids[: limit + 1])


def create_draft(
    target: TaggingTarget, adds: Sequence[Tag], removes: Sequence[Tag], person: User
) -> BulkTagging:
    """Store what the person wants to do, so that it can be previewed.

    Raises ``ValidationError`` if the tags contradict each other, or there are no returns.
    """
    if not target.ids:
        raise ValidationError(_("There are no returns left to tag."))
    permission = _needed_permission(len(target.ids), person)
    return bulk.create_draft(ReturnTag, target.ids, adds, removes, person, target.query, permission)


def _needed_permission(number: int, person: User) -> str:
    """Return the least permission of the person that allows them to tag so many returns."""
    if number <= DEFAULT_TAGGING_LIMIT:
        return MAY_TAG
    allows_many = number <= EXTENDED_TAGGING_LIMIT and person.has_perm(MAY_TAG_MANY)
    return MAY_TAG_MANY if allows_many else MAY_TAG_ALL


def start(job: BulkTagging, person: User) -> None:
    """Start tagging the returns that the preview counted, and record what changed since."""
    bulk.start(job, _describe_changes(job, person))


def _describe_changes(job: BulkTagging, person: User) -> StoredText | str:
    query = Query.parse(job.query)
    if "id" in query:
        return ""
    try:
        current: set[int] = set(choose_returns(query, person).ids)
    except ValidationError as error:
        message = error.error_list[0].message
        return message if isinstance(message, StoredText) else shorten(str(message), 200)
    previewed = set(job.entity_ids)
    new, gone = len(current - previewed), len(previewed - current)
    if new and gone:
        return stored_text(
            "New matches since the preview, left out: %(new)s. "
            "Tagged although they no longer match: %(gone)s",
            new=new,
            gone=gone,
        )
    if new:
        return stored_text("New matches since the preview, left out: %(new)s", new=new)
    return stored_text("Tagged although they no longer match: %(gone)s", gone=gone) if gone else ""
