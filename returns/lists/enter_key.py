"""Where Enter in the one box leads."""

from django.urls import reverse

from returns.filters.filterset import ReturnFilterSet
from returns.filters.query import Query
from returns.models import Return
from returns.querysets import ReturnQuerySet
from tags.vocabulary import load_vocabulary


def where_enter_leads(query: Query) -> str | None:
    """Return the path of the one return that is meant, or of the list of the order that is.

    A whole number means its returns whatever else is filtered, and although other numbers may
    begin with it. None when nothing was found, or returns of more than one order.
    """
    filterset = ReturnFilterSet(query, load_vocabulary())
    if filterset.problems() or not filterset.matches:
        return None
    typed = filterset.matches.get("q")
    whole = typed.whole if typed and not typed.is_list else []
    found: ReturnQuerySet = Return.objects.among(whole) if whole else filterset.qs
    few: list[Return] = list(found[:2])
    if len(few) == 1:
        return few[0].get_absolute_url()
    if not few or typed is None or filterset.search_is_cut_short():
        return None
    return _path_of_the_order(found)


def _path_of_the_order(found: ReturnQuerySet) -> str | None:
    """Return the path of the list of the order that all of these returns belong to."""
    orders = found.order_by("order_key").values_list("order_key", flat=True).distinct()
    if len(keys := orders[:2]) != 1 or keys[0] is None:
        return None
    order = found[0].sales_order_reference_number
    return reverse("return-list", query={"order": order})
