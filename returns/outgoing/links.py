"""Where messages to people lead: to exactly what they tell, as far as a page can show it."""

from collections.abc import Sequence

from django.urls import reverse

from returns.filters.stored import to_query
from returns.filters.typed_shoppers import find_likely_number
from returns.models import EventType, OccasionType, Return, Subscription
from returns.outgoing.digests import Digest
from returns.search import search
from tags.vocabulary import load_vocabulary


def path_of(subscription: Subscription, digest: Digest, shown: Sequence[Return]) -> str:
    """Return the path of what a digest tells; ``shown`` are the first of its returns.

    That is the feed, one return, exactly these returns if they are few, or all that match.
    """
    if not digest.returns and digest.type in {EventType.SILENT, EventType.REJECTED}:
        return reverse("feed")
    if digest.returns == 1 and shown:
        return shown[0].get_absolute_url()
    if shown and digest.returns == len(shown) and (text := _typed(shown)):
        return reverse("return-list", query={"q": text})
    if digest.type == OccasionType.RULE:
        return reverse("rules")
    query = to_query(subscription.parameters, load_vocabulary())
    return query.path(reverse("return-list"))


def _typed(records: Sequence[Return]) -> str:
    """Return what the search box finds exactly these returns by; "" if nothing does.

    Some references look like several numbers, or like an address or a phone number of a shopper.
    """
    text = ", ".join(record.return_reference_number for record in records)
    if find_likely_number(text):
        return ""
    return text if set(search(text).ids) == {record.pk for record in records} else ""
