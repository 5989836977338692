"""The link at the end of an e-mail, which ends these e-mails without signing in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from returns.models.access import NotificationChange
from returns.outgoing import editing
from returns.outgoing.mails import subscription_of_token
from returns.people.access import record_notification_change


# Mail programs post there by themselves (RFC 8058), without a cookie. The link is signed.
@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to end the e-mails of a link; only a POST ends them."""
    subscription = subscription_of_token(token)
    if subscription is None:
        return render(request, "outgoing/unsubscribe.html", {"is_unknown": True}, status=404)
    if request.method == "POST" and editing.unsubscribe(subscription):
        # Nobody is signed in: the link is the owner's, from their mail.
        owner, change = subscription.owner, NotificationChange.UNSUBSCRIBED
        record_notification_change(request, owner, subscription, change)
    context = {"name": subscription.name, "is_done": request.method == "POST"}
    return render(request, "outgoing/unsubscribe.html", context)
