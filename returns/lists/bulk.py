"""Which returns a person tags at once: those they selected, or everything that a filter matches."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.urls import reverse

from config.text import shorten
from returns.filters.filterset import ReturnFilterSet
from returns.filters.form import BESIDE_FILTERS
from returns.filters.query import Query
from returns.models import Return, ReturnTag
from tags import bulk
from tags.models import BulkTagging, Tag
from tags.vocabulary import load_vocabulary

# At most so many returns at once, by what the person may.
MOST, MOST_OF_MANY = 500, 100_000
MOST_SELECTED = 1_000
MAY_TAG_MANY, MAY_TAG_ALL = "returns.tag_many_returns", "returns.tag_all_returns"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The returns to tag, and the query string that chose them: ids, or a filter."""

    ids: list[int]
    query: str

    @property
    def is_filter(self) -> bool:
        """Tell whether these are everything that a filter matches."""
        return "id" not in Query.parse(self.query)

    @property
    def list_path(self) -> str:
        """Return the path of the list of what the filter matches; of all returns otherwise."""
        return list_path(self.query)


def list_path(query: str) -> str:
    """Return the path of the list under a query string that chose returns."""
    chosen = Query.parse(query)
    return reverse("return-list") if "id" in chosen else chosen.path(reverse("return-list"))


def most_at_once(person: User) -> int | None:
    """Return how many returns the person may tag at once; None for any number."""
    if person.has_perm(MAY_TAG_ALL):
        return None
    return MOST_OF_MANY if person.has_perm(MAY_TAG_MANY) else MOST


def choose(query: Query, person: User) -> Chosen:
    """Return what a query string chooses: selected returns (``id``), or the matches of a filter.

    Raises ``ValidationError`` for a filter that cannot be understood, a search that was cut
    short, and more returns than the person may tag at once.
    """
    query = query.without(*BESIDE_FILTERS)
    limit = most_at_once(person)
    if "id" in query:
        chosen = _selected(query)
    else:
        chosen = Chosen(_matches(query, limit), query.urlencode())
    if limit is not None and len(chosen.ids) > limit:
        raise ValidationError(
            f"These are more than {limit:,} returns, and your role tags up to {limit:,} at once. "
            "Filter for fewer, or ask somebody who may."
        )
    return chosen


def _selected(query: Query) -> Chosen:
    numbers = query.getlist("id")
    if len(numbers) > MOST_SELECTED or not all(number.isdecimal() for number in numbers):
        raise ValidationError("These returns cannot be understood. Select them in the list again.")
    wanted = {int(number[:18]) for number in numbers}
    ids = list(Return.objects.among(sorted(wanted)).values_list("pk", flat=True))
    return Chosen(ids, Query.of({"id": map(str, ids)}).urlencode())


def _matches(query: Query, limit: int | None) -> list[int]:
    filterset = ReturnFilterSet(query, load_vocabulary())
    if problems := filterset.problems():
        raise ValidationError(problems)
    if filterset.search_is_cut_short():
        raise ValidationError(
            "This search finds more than it reads. Type more of the number, or filter otherwise."
        )
    found = filterset.qs.order_by().values_list("pk", flat=True)
    return list(found if limit is None else found[: limit + 1])


def ask(chosen: Chosen, adds: Sequence[Tag], removes: Sequence[Tag], person: User) -> BulkTagging:
    """Keep what the person wants, for its preview.

    Raises ``ValidationError`` when the tags contradict each other, or there is no return.
    """
    if not chosen.ids:
        raise ValidationError("There is no return to tag any more.")
    return bulk.create_draft(ReturnTag, chosen.ids, adds, removes, person, chosen.query)


def start(job: BulkTagging, person: User) -> None:
    """Let it run over the returns that its preview counted, and say what has changed since."""
    bulk.start(job, _changed_since(job, person))


def _changed_since(job: BulkTagging, person: User) -> str:
    query = Query.parse(job.query)
    if "id" in query:
        return ""
    try:
        now: set[int] = set(choose(query, person).ids)
    except ValidationError as error:
        return shorten(error.messages[0], 200)
    counted = set(job.entity_ids)
    said = []
    if come := len(now - counted):
        said.append(f"{come:,} have come since the preview and are left out")
    if left := len(counted - now):
        said.append(f"{left:,} no longer match and are tagged all the same")
    return "; ".join(said)
