"""The sentences for shoppers: seen by all, changed by managers."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from config.addresses import next_page
from returns.models import Language, State
from returns.people import person
from returns.people.person import PersonRequest
from returns.record import sentences


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def show(request: PersonRequest) -> HttpResponse:
    """Show every sentence, to change for those who may."""
    return _page(request)


@require_POST
@permission_required(sentences.MAY_CHANGE, raise_exception=True)
def change(request: PersonRequest, state: str, language: str) -> HttpResponse:
    """Replace one sentence, or go back to the shipped one."""
    place = _place(state, language)
    text, version = request.POST.get("text", ""), request.POST.get("version", "")
    try:
        if "restore" in request.POST:
            sentences.restore(place, version)
        else:
            sentences.change(place, text.replace("\0", ""), version, request.user)
    except ValidationError as error:
        return _page(request, place, text, error.messages)
    messages.success(request, f"Saved: {place[0].label}, {place[1].label}.")
    return redirect("sentences")


@require_POST
@permission_required("returns.view_return", raise_exception=True)
def prefer(request: PersonRequest) -> HttpResponse:
    """Offer one language first from now on."""
    language = request.POST.get("language", "")
    if language in Language.values:
        person.save_preferences(request.user, {"shopper_language": language})
    return redirect(next_page(request, default="/"))


def _place(state: str, language: str) -> tuple[State, Language]:
    try:
        return State(state), Language(language)
    except ValueError as error:
        raise Http404("There is no such sentence.") from error


def _page(
    request: PersonRequest,
    place: tuple[State, Language] | None = None,
    text: str = "",
    problems: list[str] | None = None,
) -> HttpResponse:
    context = {
        "entries": sentences.entries(place, text, problems or []),
        "placeholders": sentences.PLACEHOLDERS,
        "may_change": request.user.has_perm(sentences.MAY_CHANGE),
    }
    return render(request, "record/sentences.html", context, status=422 if problems else 200)
