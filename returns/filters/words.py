"""The texts of each filter: the label of its field, and the phrase that says it with its value.

A phrase stands in lists of filters, in the middle of a line, so English writes it in lower case.
"""

from typing import TYPE_CHECKING, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# Where the value stands in a phrase.
VALUE_PLACE = "%(value)s"


class Words(NamedTuple):
    """The texts of a filter, or those of another parameter, which has no field."""

    label: "StrOrPromise"
    phrase: "StrOrPromise"

    @property
    def phrase_without_value(self) -> str:
        """Return the phrase without its value; "…" takes its place unless it stands at the end."""
        before, after = around_value(str(self.phrase))
        return f"{before} … {after}".lstrip() if after else before


def around_value(phrase: str) -> tuple[str, str]:
    """Return what a phrase has before and after its value."""
    before, _place, after = phrase.partition(VALUE_PLACE)
    return before.strip(), after.strip()


WORDS = {
    "q": Words(
        _("Order, return or tracking number"),
        pgettext_lazy("filter", "search %(value)s"),
    ),
    "state": Words(
        _("State"),
        pgettext_lazy("filter", "state %(value)s"),
    ),
    "queue": Words(
        _("Queue"),
        pgettext_lazy("filter", "queue %(value)s"),
    ),
    "order": Words(
        _("Order reference"),
        pgettext_lazy("filter", "order reference %(value)s"),
    ),
    "order_is": Words(
        pgettext_lazy("column", "Order"),
        pgettext_lazy("filter", "order %(value)s"),
    ),
    "shopper": Words(
        _("Shopper"),
        pgettext_lazy("filter", "shopper: %(value)s"),
    ),
    "reference": Words(
        _("Return reference"),
        pgettext_lazy("filter", "return reference %(value)s"),
    ),
    "tracking": Words(
        _("Tracking ID"),
        pgettext_lazy("filter", "tracking ID %(value)s"),
    ),
    "tag": Words(
        _("Tags"),
        pgettext_lazy("filter", "tags %(value)s"),
    ),
    "tag_any": Words(
        _("Any of the tags"),
        pgettext_lazy("filter", "any of %(value)s"),
    ),
    "tag_none": Words(
        _("None of the tags"),
        pgettext_lazy("filter", "none of %(value)s"),
    ),
    "missing_group": Words(
        _("No tag from the group"),
        pgettext_lazy("filter", "no tag from %(value)s"),
    ),
    "notes": Words(
        _("Notes contain"),
        pgettext_lazy("filter", "notes contain %(value)s"),
    ),
    "commented": Words(
        pgettext_lazy("field", "Commented"),
        pgettext_lazy("filter", "commented %(value)s"),
    ),
    "claimed": Words(
        pgettext_lazy("field", "Claimed by"),
        pgettext_lazy("filter", "claimed by %(value)s"),
    ),
    "carrier": Words(
        _("Carrier"),
        pgettext_lazy("filter", "carrier %(value)s"),
    ),
    "channel": Words(
        _("Channel"),
        pgettext_lazy("filter", "channel %(value)s"),
    ),
    "source": Words(
        _("Source"),
        pgettext_lazy("filter", "source %(value)s"),
    ),
    "sku": Words(
        _("SKU"),
        pgettext_lazy("filter", "SKU %(value)s"),
    ),
    "serial": Words(
        _("Serial number"),
        pgettext_lazy("filter", "serial number %(value)s"),
    ),
    "item": Words(
        _("Items"),
        pgettext_lazy("filter", "with an item that is %(value)s"),
    ),
    "items": Words(
        _("Line items"),
        pgettext_lazy("filter", "line items %(value)s"),
    ),
    "items_waiting": Words(
        _("Items waiting, at least"),
        pgettext_lazy("filter", "at least %(value)s items waiting"),
    ),
    "items_missing": Words(
        _("Items missing, at least"),
        pgettext_lazy("filter", "at least %(value)s items missing"),
    ),
    "value_over": Words(
        _("Value over"),
        pgettext_lazy("filter", "value over %(value)s"),
    ),
    "value_under": Words(
        _("Value up to"),
        pgettext_lazy("filter", "value up to %(value)s"),
    ),
    "currency": Words(
        _("Currency (such as TRY)"),
        pgettext_lazy("filter", "value in %(value)s"),
    ),
    "missing": Words(
        pgettext_lazy("field", "Missing"),
        pgettext_lazy("filter", "without %(value)s"),
    ),
    "problem": Words(
        _("Problem"),
        pgettext_lazy("filter", "problem %(value)s"),
    ),
    "deadline": Words(
        _("Deadline"),
        pgettext_lazy("filter", "deadline %(value)s"),
    ),
    "due_under": Words(
        _("Due under the deadline"),
        pgettext_lazy("filter", "due under the deadline %(value)s"),
    ),
    "due_from": Words(
        _("Due from"),
        pgettext_lazy("filter", "due from %(value)s"),
    ),
    "due_by": Words(
        _("Due by"),
        pgettext_lazy("filter", "due by %(value)s"),
    ),
    "waiting_over": Words(
        _("Waiting over (hours)"),
        pgettext_lazy("filter", "waiting over %(value)s"),
    ),
    "waiting_under": Words(
        _("Waiting under (hours)"),
        pgettext_lazy("filter", "waiting under %(value)s"),
    ),
    "on_the_way_over": Words(
        _("On the way over (hours)"),
        pgettext_lazy("filter", "on the way over %(value)s"),
    ),
    "on_the_way_under": Words(
        _("On the way under (hours)"),
        pgettext_lazy("filter", "on the way under %(value)s"),
    ),
    "took_over": Words(
        _("Processing time over (hours)"),
        pgettext_lazy("filter", "processing time over %(value)s"),
    ),
    "took_under": Words(
        _("Processing time under (hours)"),
        pgettext_lazy("filter", "processing time under %(value)s"),
    ),
    "order_returns": Words(
        _("At least the … return of the same order"),
        pgettext_lazy("filter", "at least return %(value)s"),
    ),
    "shopper_returns_over": Words(
        _("Returns of the shopper in 90 days, over"),
        pgettext_lazy("filter", "shopper with over %(value)s"),
    ),
    "created": Words(
        _("Created during"),
        pgettext_lazy("filter", "created %(value)s"),
    ),
    "created_from": Words(
        _("Created from"),
        pgettext_lazy("filter", "created from %(value)s"),
    ),
    "created_to": Words(
        _("Created to"),
        pgettext_lazy("filter", "created to %(value)s"),
    ),
    "arrived": Words(
        _("Arrived during"),
        pgettext_lazy("filter", "arrived %(value)s"),
    ),
    "arrived_from": Words(
        _("Arrived from"),
        pgettext_lazy("filter", "arrived from %(value)s"),
    ),
    "arrived_to": Words(
        _("Arrived to"),
        pgettext_lazy("filter", "arrived to %(value)s"),
    ),
    "completed": Words(
        _("Completed during"),
        pgettext_lazy("filter", "completed %(value)s"),
    ),
    "completed_from": Words(
        _("Completed from"),
        pgettext_lazy("filter", "completed from %(value)s"),
    ),
    "completed_to": Words(
        _("Completed to"),
        pgettext_lazy("filter", "completed to %(value)s"),
    ),
    "open_at": Words(
        _("In the warehouse at the end of"),
        pgettext_lazy("filter", "in the warehouse at the end of %(value)s"),
    ),
    "took": Words(
        _("Processing time"),
        pgettext_lazy("filter", "processing time %(value)s"),
    ),
    "arrived_weekday": Words(
        _("Arrived on a"),
        pgettext_lazy("filter", "arrived on a %(value)s"),
    ),
    "rule": Words(
        _("Tagged by the rule"),
        pgettext_lazy("filter", "tagged by the rule %(value)s"),
    ),
    "rule_undone": Words(
        _("Tag removed again after the rule"),
        pgettext_lazy("filter", "tag removed again after the rule %(value)s"),
    ),
    "rule_from": Words(
        _("Tagged by a rule from"),
        pgettext_lazy("filter", "tagged by a rule from %(value)s"),
    ),
    "rule_to": Words(
        _("Tagged by a rule to"),
        pgettext_lazy("filter", "tagged by a rule to %(value)s"),
    ),
    # These are no filters.
    "group": Words("", pgettext_lazy("filter", "grouped by %(value)s")),
    # Its value is a phrase of its own.
    "sort": Words("", VALUE_PLACE),
}
# Within a sentence, behind the number of returns.
SORT_LABELS = {
    "": _("best match first"),
    "-created": _("newest first"),
    "created": _("oldest first"),
    "urgent": _("urgent first, then earliest arrival"),
    "-arrived": _("latest arrival first"),
    "arrived": _("earliest arrival first"),
    "-completed": _("latest completion first"),
    "completed": _("earliest completion first"),
    "-updated": _("latest update first"),
    "updated": _("earliest update first"),
    "order": _("by order reference"),
    "-order": _("by order reference, reversed"),
    "carrier": _("by carrier"),
    "-carrier": _("by carrier, reversed"),
    "waiting": _("shortest wait first"),
    "-waiting": _("longest wait first"),
    "deadline": _("earliest deadline first"),
    "-deadline": _("latest deadline first"),
    "value": _("by currency, lowest value first"),
    "-value": _("by currency, highest value first"),
    "reference": _("by return reference"),
    "-reference": _("by return reference, reversed"),
}
