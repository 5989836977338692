"""Redacting returns and shoppers, and everything about a shopper as one file."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from config.forms import posted_data, save_form
from config.numbers import grouped
from returns.exports import abort
from returns.models import Return
from returns.models.access import ShopperView
from returns.orders.tokens import orders_of_token
from returns.people.access import record_redaction, record_shopper_view
from returns.people.person import PersonRequest
from returns.privacy import redaction
from returns.privacy.forms import ReturnRedactionForm, ShopperRedactionForm
from returns.privacy.scope import count_siblings, holdings_of, scope_of_return, scope_of_shopper
from returns.privacy.shopper_file import MAY_DOWNLOAD, file_chunks
from returns.privacy.shopper_page import find_shopper, shopper_page
from returns.record.shopper import shopper_token_of
from returns.views.callers import heavy


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@permission_required(redaction.MAY_REDACT, raise_exception=True)
def redact_return(request: PersonRequest, pk: int) -> HttpResponse:
    """Show what would go, ask for the reference and the reason, then redact a return."""
    record = get_object_or_404(Return, pk=pk)
    form = ReturnRedactionForm(posted_data(request))
    if request.method == "POST" and save_form(form, partial(_redact, request, record)):
        messages.success(request, _("Redacted %(reference)s.") % {"reference": record})
        return redirect(record)
    context = {
        "record": record,
        "form": form,
        "holdings": holdings_of(scope_of_return(record)),
        "token": shopper_token_of(record),
        "siblings": count_siblings(record),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/return.html", context, status=status)


def _redact(request: PersonRequest, record: Return, data: dict[str, Any]) -> None:
    redaction.redact_return(record, data["reference"], data["reason"], request.user)
    record_redaction(request, record.return_reference_number, 1)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@permission_required(redaction.MAY_REDACT, raise_exception=True)
def redact_shopper(request: PersonRequest, token: str) -> HttpResponse:
    """Show what would go, ask for the number of returns and the reason, then redact a shopper."""
    shopper = find_shopper(token)
    record_shopper_view(request, ShopperView.RETURNS, orders_of_token(token))
    form = ShopperRedactionForm(posted_data(request))

    def write(data: dict[str, Any]) -> None:
        scope = redaction.redact_shopper(shopper, data["number"], data["reason"], request.user)
        number = len(scope.return_ids)
        record_redaction(request, "", number)
        text = ngettext(
            "Redacted a shopper with %(count)s return.",
            "Redacted a shopper with %(count)s returns.",
            number,
        )
        messages.success(request, text % {"count": grouped(number)})

    if request.method == "POST" and save_form(form, write):
        return redirect("return-list")
    context = {"page": shopper_page(token, shopper), "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "privacy/shopper.html", context, status=status)


@require_POST
@never_cache
@permission_required(MAY_DOWNLOAD, raise_exception=True)
@heavy
def shopper_file(request: PersonRequest, token: str) -> HttpResponseBase:
    """Stream everything that is stored about a shopper as JSON."""
    scope = scope_of_shopper(find_shopper(token).hashes)
    record_shopper_view(request, ShopperView.FILE, ", ".join(scope.order_references))
    chunks = abort.plain_stream(each.encode() for each in file_chunks(scope))
    # Translators: the beginning of the name of a downloaded file.
    beginning = pgettext("file name", "shopper")
    name = f"{beginning} {timezone.localtime():%Y-%m-%d %H%M}.json"
    answer = StreamingHttpResponse(chunks, content_type="application/json")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
