"""The filter by who has claimed a return: a user name, ``nobody``, or on pages ``me``."""

from typing import Any

import django_filters
from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from config.text import shorten
from returns.filters.query import Query
from returns.people.person import PersonRequest
from returns.querysets import ReturnQuerySet

CLAIMED_PARAMETER = "claimed"
CLAIMED_BY_ME, CLAIMED_BY_NOBODY = "me", "nobody"
CLAIMED_CHOICES = [
    (CLAIMED_BY_ME, pgettext_lazy("claimed by", "me")),
    (CLAIMED_BY_NOBODY, pgettext_lazy("claimed by", "nobody")),
]
MAX_CLAIMANT_NAME = 150


def query_of(request: PersonRequest) -> Query:
    """Return the query of a request, in which ``me`` is the user name of who asks.

    So what is kept of a query, shared between people or sent on as a link, means the same to
    everybody.
    """
    query = Query.from_querydict(request.GET)
    if query.get(CLAIMED_PARAMETER) == CLAIMED_BY_ME:
        return query.replace(**{CLAIMED_PARAMETER: request.user.get_username()})
    return query


class ClaimedField(forms.CharField):
    """The user name of a person, or ``nobody``."""

    def clean(self, value: Any) -> int | str:
        """Return the id of the person, or the word for nobody. Reject a name that nobody has."""
        name = str(super().clean(value))
        if name in ("", CLAIMED_BY_NOBODY):
            return name
        person = User.objects.filter(username=name.replace("\0", "\ufffd")).only("pk").first()
        if person is None:
            raise forms.ValidationError(
                _("there is nobody with the user name “%(name)s”.") % {"name": shorten(name, 50)}
            )
        return person.pk


class ClaimedFilter(django_filters.Filter):
    """A filter by the open claim on a return."""

    field_class = ClaimedField


def by_claim(queryset: ReturnQuerySet, _name: str, person: int | str) -> ReturnQuerySet:
    """Keep returns that a person has claimed, or those that nobody has."""
    return queryset.unclaimed() if isinstance(person, str) else queryset.claimed_by(person)
