"""Where Enter in the search box leads."""

from django.urls import reverse

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import Return
from returns.querysets import ReturnQuerySet
from tags.vocabulary import load_vocabulary


def find_enter_target(query: Query) -> str | None:
    """Return the path of the only match, or of the list of the order that all matches belong to.

    Returns with the whole number count before longer numbers that begin with it, and regardless
    of other filters. None if nothing matches, or returns of several orders do.
    """
    filterset = ReturnFilterSet(query, load_vocabulary())
    if filterset.problems() or not filterset.search_results:
        return None
    result = filterset.search_results.get("q")
    whole = result.whole_matches if result and not result.is_list else []
    matches: ReturnQuerySet = Return.objects.among(whole) if whole else filterset.qs
    first_two: list[Return] = list(matches[:2])
    if len(first_two) == 1:
        return first_two[0].get_absolute_url()
    if not first_two or result is None or filterset.search_is_cut_short():
        return None
    return _common_order_path(matches)


def _common_order_path(matches: ReturnQuerySet) -> str | None:
    """Return the path of the list of the only order among these returns."""
    orders = matches.order_by("order_key").values_list("order_key", flat=True).distinct()
    if len(keys := orders[:2]) != 1 or keys[0] is None:
        return None
    order = matches[0].sales_order_reference_number
    return reverse("return-list", query={"order": order})
