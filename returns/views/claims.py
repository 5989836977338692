"""Claim returns, take them over, and give them back."""

from itertools import batched
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.addresses import next_page
from config.htmx import wants_fragment
from returns.claims.reading import open_claim
from returns.claims.taking import (
    MAY_CLAIM,
    ClaimedByAnotherError,
    NotClaimableError,
    TakenMany,
    give_back,
    take_free,
    take_return,
)
from returns.claims.wording import describe_claims
from returns.filters.cursors import MAX_ID
from returns.lists.bulk import MAX_SELECTED
from returns.models import Return
from returns.people.person import PersonRequest, person_name

MANY_STEP_SIZE = 100  # returns in a transaction
MAX_DIGITS_OF_ID = len(str(MAX_ID)) - 1


@permission_required(MAY_CLAIM, raise_exception=True)
@require_POST
def claim(request: PersonRequest) -> HttpResponse:
    """Claim the return whose id is ``record``; with ``action`` "back", give it back.

    "toggle" gives back what one has and claims anything else. ``over`` is the claim of somebody
    else that the person has seen, and takes over.
    """
    record = get_object_or_404(Return, pk=_number(request, "record"))
    context: dict[str, Any] = {"record": record, "at": request.POST.get("at", "")}
    context["next"] = next_page(request, default=record.get_absolute_url())
    try:
        text = _act(request, record)
    except NotClaimableError as error:
        text = str(error)
    except ClaimedByAnotherError as error:
        context["other"] = error.claim
        names = {"person": person_name(error.claim.person), "reference": record}
        text = _("%(person)s has claimed %(reference)s.") % names
    if not wants_fragment(request):
        messages.info(request, text)
        return HttpResponseRedirect(context["next"], status=303)
    context |= {"text": text, "claim": open_claim(record.pk)}
    return render(request, "claims/claim.html#answer", context)


@permission_required(MAY_CLAIM, raise_exception=True)
@require_POST
def claim_many(request: PersonRequest) -> HttpResponse:
    """Claim those of the returns with the ``ids`` that nobody has; say to whom the others are left.

    The ids are separated by commas, as the bar of the selection sends them.
    """
    numbers = request.POST.get("ids", "").split(",")
    if len(numbers) > MAX_SELECTED or not all(_is_id(number) for number in numbers):
        raise BadRequest(_("This selection is not valid. Select them in the list again."))
    taken, ids = TakenMany(), sorted({int(number) for number in numbers})
    for some in batched(ids, MANY_STEP_SIZE, strict=False):
        taken = taken.plus(take_free(some, request.user))
    sentences = describe_claims(len(taken.claims), taken.own, taken.completed, taken.left)
    text = " ".join(map(str, sentences))
    if not wants_fragment(request):
        messages.info(request, text)
        address = next_page(request, default=reverse("return-list"))
        return HttpResponseRedirect(address, status=303)
    return render(request, "claims/claim.html#toast", {"text": text})


def _act(request: PersonRequest, record: Return) -> str:
    """Do what was asked; return what was done."""
    action, named = request.POST.get("action", "take"), {"reference": record}
    if action in ("back", "toggle") and give_back(record.pk, request.user):
        return _("You gave %(reference)s back.") % named
    if action == "back":
        return _("You have no claim on %(reference)s.") % named
    taken = take_return(record.pk, request.user, over=_number(request, "over", "0"))
    if taken.taken_from is None:
        return _("You claimed %(reference)s.") % named
    names = named | {"person": person_name(taken.taken_from)}
    return _("You took %(reference)s over from %(person)s.") % names


def _number(request: PersonRequest, name: str, default: str = "") -> int:
    text = request.POST.get(name, default)
    if not _is_id(text):
        raise BadRequest(_("This is not the number of a return."))
    return int(text)


def _is_id(text: str) -> bool:
    return text.isdecimal() and len(text) <= MAX_DIGITS_OF_ID
