"""The address of the page of an order."""

from urllib.parse import quote

from django.urls import reverse

# No path can hold these: browsers take them for steps between folders.
STEPS_IN_PATHS = {".", ".."}


def order_path(reference: str) -> str:
    """Return the path of an order's page, whatever characters its reference contains.

    For one that no path can hold, it is that of the list of its returns; "" for no reference.
    """
    if not reference:
        return ""
    if reference in STEPS_IN_PATHS:
        return reverse("return-list", query={"order_is": reference})
    return reverse("order", args=["-"]).removesuffix("-/") + f"{quote(reference, safe='')}/"
