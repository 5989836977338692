"""Passwords that people reset by a link in a mail. Only this module writes ``PasswordReset``.

The page stores what was asked for, and background work sends the mail. So the page answers alike,
and equally fast, whether somebody has the name or not, and a slow mail server holds nobody up.
"""

import logging
from datetime import timedelta
from smtplib import SMTPException

from django.conf import settings
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext

from config.brand import desk_name
from config.client import client_network
from returns.models import PasswordReset
from returns.people.person import RoleBackend, get_preferences, person_name

logger = logging.getLogger(__name__)

LIMIT_PERIOD = timedelta(hours=1)
RESETS_PER_PERSON, RESETS_PER_ADDRESS = 3, 20  # in that time
MAX_PEOPLE = 5  # who have the same address
RETRY_INTERVAL = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(minutes=30)
RESET_RETENTION = timedelta(days=1)


def is_offered() -> bool:
    """Tell whether people can reset their password here."""
    return settings.HAS_MAIL and not settings.OIDC_ONLY


def ask_for_reset(request: HttpRequest, text: str) -> None:
    """Store that somebody asked to reset the password of a user name or an e-mail address.

    Above the limits for an address and for a person, nothing is stored.
    """
    address = client_network(request)
    recent = PasswordReset.objects.filter(at__gt=Now() - LIMIT_PERIOD)
    if recent.filter(address=address).count() >= RESETS_PER_ADDRESS:
        return
    origin = request.build_absolute_uri("/").rstrip("/")
    people: list[User | None] = [*_people_with(text)] or [None]
    rows = [
        PasswordReset(
            person=person, address=address, language=translation.get_language(), origin=origin
        )
        for person in people
        if person is None or recent.filter(person=person).count() < RESETS_PER_PERSON
    ]
    PasswordReset.objects.bulk_create(rows)


def _people_with(text: str) -> list[User]:
    """Return the people whose name or e-mail address it is, and who may have a password."""
    people = User.objects.filter(Q(username=text) | Q(email__iexact=text), is_active=True)
    people = people.exclude(email="").select_related("preferences").order_by("pk")[:MAX_PEOPLE]
    allowed = filter(RoleBackend().user_can_authenticate, people)
    return [person for person in allowed if person.has_usable_password()]


def person_of_link(encoded_id: str, token: str) -> User | None:
    """Return the person whose link it is; None if the link was used or is older than an hour."""
    try:
        pk = int(urlsafe_base64_decode(encoded_id).decode())
    except ValueError:
        return None
    if not 0 < pk < 2**31:
        return None
    person = User.objects.filter(pk=pk).first()
    if not person or not default_token_generator.check_token(person, token):
        return None
    return person if RoleBackend().user_can_authenticate(person) else None


def reset_password(form: SetPasswordForm) -> None:  # type: ignore[type-arg]
    """Save the password of a valid form. All sessions of the person end, and so does the link."""
    form.save()


def send_next() -> bool:
    """Send the next mail that was asked for; tell whether there was one."""
    if not settings.HAS_MAIL:
        return False
    PasswordReset.objects.filter(at__lt=Now() - RESET_RETENTION).delete()
    with transaction.atomic():
        reset = _next_reset()
        if reset is None:
            return False
        PasswordReset.objects.filter(pk=reset.pk).update(tried_at=Now())
    if _is_sent(reset):
        PasswordReset.objects.filter(pk=reset.pk).update(sent_at=Now())
    return True


def _next_reset() -> PasswordReset | None:
    waiting = PasswordReset.objects.filter(
        Q(tried_at=None) | Q(tried_at__lt=Now() - RETRY_INTERVAL),
        person__isnull=False,
        sent_at=None,
        at__gt=Now() - GIVE_UP_AFTER,
    )
    waiting = waiting.select_related("person__preferences").order_by("at")
    return waiting.select_for_update(skip_locked=True, of=("self",)).first()


def _is_sent(reset: PasswordReset) -> bool:
    person = reset.person
    assert person  # noqa: S101
    with translation.override(get_preferences(person).language or reset.language):
        link = reverse("password_reset_confirm", args=[_encoded(person), _token(person)])
        context = {"name": person_name(person), "user_name": person.get_username()}
        context |= {"desk": desk_name(), "link": f"{reset.origin}{link}"}
        text = render_to_string("registration/password_reset_mail.txt", context)
        message = EmailMessage(
            subject=gettext("%(desk)s: reset your password") % {"desk": desk_name()},
            body=text,
            to=[person.email],
        )
    try:
        message.send()
    except (OSError, SMTPException) as error:
        logger.warning("A mail to reset a password was not sent: %s", type(error).__name__)
        return False
    return True


def _encoded(person: User) -> str:
    return urlsafe_base64_encode(force_bytes(person.pk))


def _token(person: User) -> str:
    return default_token_generator.make_token(person)
