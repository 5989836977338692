"""Names that the desk brings along: shown in the reader's language until somebody renames them.

The database, addresses, files and the API have the English name. A name that a person gave is in
no catalogue, so it is shown as it is. Also a library of template filters.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from django import template
from django.conf import settings
from django.utils.translation import get_language, override, pgettext, pgettext_lazy

from config.stored_texts import StoredText

register = template.Library()

_SHIPPED_TAGS = (
    pgettext_lazy("tag", "urgent-refund"),
    pgettext_lazy("tag", "priority-return"),
    pgettext_lazy("tag", "vip-customer"),
    pgettext_lazy("tag", "high-value"),
    pgettext_lazy("tag", "standard"),
    pgettext_lazy("tag", "defective"),
    pgettext_lazy("tag", "defective-product"),
    pgettext_lazy("tag", "wrong-size"),
    pgettext_lazy("tag", "customer-change"),
    pgettext_lazy("tag", "customer-dissatisfaction"),
    pgettext_lazy("tag", "damaged"),
    pgettext_lazy("tag", "damaged-shipping"),
    pgettext_lazy("tag", "refund-pending"),
    pgettext_lazy("tag", "exchange-requested"),
    pgettext_lazy("tag", "investigate"),
    pgettext_lazy("tag", "quality-check-required"),
    pgettext_lazy("tag", "refund-approved"),
    pgettext_lazy("tag", "exchange-pending"),
    pgettext_lazy("tag", "electronics"),
    pgettext_lazy("tag", "apparel"),
    pgettext_lazy("tag", "cosmetics"),
    pgettext_lazy("tag", "books"),
    pgettext_lazy("tag", "fragile"),
    pgettext_lazy("tag", "fragile-item"),
    pgettext_lazy("tag", "bulk-return"),
    pgettext_lazy("tag", "frequent-returner"),
    pgettext_lazy("tag", "seasonal-return"),
    pgettext_lazy("tag", "promotion-related"),
)
_SHIPPED_GROUPS = (
    pgettext_lazy("group of tags", "Priority"),
    pgettext_lazy("group of tags", "Return reason"),
    pgettext_lazy("group of tags", "Process"),
    pgettext_lazy("group of tags", "Product category"),
    pgettext_lazy("group of tags", "Analysis"),
    pgettext_lazy("group of tags", "Unsorted"),
)
_SHIPPED_VIEWS = (
    pgettext_lazy("view", "Arrived today"),
    pgettext_lazy("view", "Waiting over 48 h"),
    pgettext_lazy("view", "Urgent refunds"),
    pgettext_lazy("view", "No reason tag"),
    pgettext_lazy("view", "Completed this week"),
    pgettext_lazy("view", "Damaged, waiting for a decision"),
)
_SHIPPED_RULES = (
    pgettext_lazy("rule", "Damaged on the way"),
    pgettext_lazy("rule", "Third return of an order"),
    pgettext_lazy("rule", "Waiting over 48 h"),
    pgettext_lazy("rule", "Damaged item"),
    pgettext_lazy("rule", "Frequent returner"),
)
_SHIPPED_DEADLINES = (
    pgettext_lazy("deadline", "Priority"),
    pgettext_lazy("deadline", "Everything else"),
)
_SHIPPED = {
    "tag": _SHIPPED_TAGS,
    "group of tags": _SHIPPED_GROUPS,
    "view": _SHIPPED_VIEWS,
    "rule": _SHIPPED_RULES,
    "deadline": _SHIPPED_DEADLINES,
}
_SHIPPED_ROLES = (
    pgettext_lazy("role", "Customer service"),
    pgettext_lazy("role", "Warehouse manager"),
    pgettext_lazy("role", "Admin"),
)


@register.filter
def tag_label(name: str) -> str:
    """Return the name of a tag as its reader knows it."""
    return pgettext("tag", name)


@register.filter
def group_label(name: str) -> str:
    """Return the name of a group of tags as its reader knows it."""
    return pgettext("group of tags", name)


class ShippedLabels(NamedTuple):
    """What the shipped tags and groups of tags are called in a language, by their names."""

    tags: dict[str, str]
    groups: dict[str, str]


def tag_labels() -> ShippedLabels:
    """Return the labels of all shipped tags and groups: for many, this is faster than each."""
    return _tag_labels_of(get_language())


@cache
def _tag_labels_of(language: str | None) -> ShippedLabels:
    with override("en"):
        tags, groups = (list(map(str, names)) for names in (_SHIPPED_TAGS, _SHIPPED_GROUPS))
    with override(language):
        return ShippedLabels(
            {name: tag_label(name) for name in tags}, {name: group_label(name) for name in groups}
        )


@register.filter
def view_label(name: str) -> str:
    """Return the name of a saved view as its reader knows it."""
    return pgettext("view", name)


@register.filter
def rule_label(name: str) -> str:
    """Return the name of a rule as its reader knows it."""
    return pgettext("rule", name)


@register.filter
def deadline_label(name: str) -> str:
    """Return the name of a deadline as its reader knows it."""
    return pgettext("deadline", name)


@register.filter
def role_label(name: str) -> str:
    """Return the name of a role as its reader knows it."""
    return pgettext("role", name)


def stored_tag(name: str) -> StoredText:
    """Return the name of a tag for texts that are stored: each reader gets their own."""
    return StoredText(name, context="tag")


def stored_group(name: str) -> StoredText:
    """Return the name of a group of tags for texts that are stored: each reader gets their own."""
    return StoredText(name, context="group of tags")


def shipped_name(kind: str, label: str, *, loosely: bool = False) -> str:
    """Return the name that has this label in one of the languages, in any case; "" if none.

    ``kind`` is the context of the name, such as "tag". ``loosely`` ignores spaces, hyphens,
    underscores, and # in front. Whether an entry still has the name, the caller finds out.
    """
    return _names_by_label(kind, loosely).get(_key(label, loosely), "")


@cache
def _names_by_label(kind: str, loosely: bool) -> dict[str, str]:
    """Map the labels of all languages, as they are compared, to the names of this kind."""
    with override(None):
        names = [str(name) for name in _SHIPPED[kind]]
    labels: dict[str, str] = {}
    for language, _ in settings.LANGUAGES:
        with override(language):
            for name in names:
                labels.setdefault(_key(pgettext(kind, name), loosely), name)
    return labels


def _key(label: str, loosely: bool) -> str:
    key = _comparable(label)
    return re.sub(r"^#+|[\s_-]", "", key) if loosely else key


def _comparable(label: str) -> str:
    """Return a label as names are compared: Turkish ı, I, İ and i are one letter in any case."""
    letters = unicodedata.normalize("NFKD", " ".join(label.split())).replace("ı", "I")
    return letters.casefold().upper().replace("I\u0307", "I")
