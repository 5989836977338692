"""The sentences for shoppers: everybody can see them, managers change them."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config.addresses import next_page
from returns.models import Language, State
from returns.people.person import PersonRequest, save_preferences
from returns.record import sentences
from returns.record.sentences import SentenceKey


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def show(request: PersonRequest) -> HttpResponse:
    """Show all sentences, as forms to people who may change them."""
    return _page(request)


@require_POST
@permission_required(sentences.MAY_CHANGE_SENTENCES, raise_exception=True)
def change(request: PersonRequest, state: str, language: str) -> HttpResponse:
    """Replace a sentence, or restore the shipped one."""
    key = _key(state, language)
    text, version = request.POST.get("text", ""), request.POST.get("version", "")
    try:
        if "restore" in request.POST:
            sentences.restore(key, version)
        else:
            sentences.change(key, text.replace("\0", ""), version, request.user)
    except ValidationError as error:
        return _page(request, key, text, error.messages)
    values = {"state": key.state.label, "language": key.language.label}
    messages.success(request, _("Saved: %(state)s, %(language)s.") % values)
    return redirect("sentences")


@require_POST
@permission_required("returns.view_return", raise_exception=True)
def prefer(request: PersonRequest) -> HttpResponse:
    """Show one language first from now on."""
    language = request.POST.get("language", "")
    if language in Language.values:
        save_preferences(request.user, {"shopper_language": language})
    return redirect(next_page(request, default="/"))


def _key(state: str, language: str) -> SentenceKey:
    try:
        return SentenceKey(State(state), Language(language))
    except ValueError as error:
        raise Http404(_("This sentence does not exist.")) from error


def _page(
    request: PersonRequest,
    key: SentenceKey | None = None,
    text: str = "",
    problems: list[str] | None = None,
) -> HttpResponse:
    context = {
        "entries": sentences.entries(key, text, problems or []),
        "placeholders": list(sentences.PLACEHOLDERS.items()),
        "may_change": request.user.has_perm(sentences.MAY_CHANGE_SENTENCES),
    }
    return render(request, "record/sentences.html", context, status=422 if problems else 200)
