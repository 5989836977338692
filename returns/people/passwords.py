"""Passwords: checked a few at a time, changed, and not made of the desk's own words."""

import re
import unicodedata
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

# What somebody who guesses passwords of this desk would try first, in its languages.
OWN_WORDS = [
    *("returns", "return", "desk", "warehouse", "depot", "parcel", "cargo", "order", "customer"),
    *("service", "company", "manager", "admin", "password", "welcome", "login", "agent", "label"),
    *("iadeler", "iade", "depo", "kargo", "koli", "paket", "siparis", "musteri", "hizmet"),
    *("sirket", "firma", "yonetici", "parola", "sifre", "hosgeldin", "giris", "etiket", "istanbul"),
    *("retouren", "retoure", "lager", "kunde", "passwort", "willkommen"),
]
MIN_HOST_WORD = 4  # letters of a part of a host name that counts as the company's name
MIN_OTHER_LETTERS = 4
LOOKALIKES = str.maketrans("01345@$", "oieasas")
SAME_PASSWORD = gettext_lazy("This is your old password. Choose a new one.")


class OwnWordsValidator:
    """Refuses passwords that are the desk's own words and hardly anything else."""

    def validate(self, password: str, user: User | None = None) -> None:  # noqa: ARG002
        """Raise ``ValidationError`` for a password such as ``depo1234``."""
        folded = _fold(password)
        words = sorted({*OWN_WORDS, *_words_of_hosts()}, key=len, reverse=True)
        pattern = re.compile("|".join(map(re.escape, words)))
        for text in (folded, folded.translate(LOOKALIKES)):
            letters = re.sub(r"[^a-z]", "", text)
            other = pattern.sub("", letters)
            if other != letters and len(other) < MIN_OTHER_LETTERS:
                raise ValidationError(self.get_help_text(), code="password_own_words")

    def get_help_text(self) -> str:
        """Return what to avoid."""
        return gettext(
            "Your password can't be made of words that everybody here would guess, such as "
            "warehouse, returns or the name of the company."
        )


def _fold(text: str) -> str:
    """Return the text in small letters without accents; the Turkish ı becomes i."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ı", "i"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _words_of_hosts() -> set[str]:
    names = {word for host in settings.ALLOWED_HOSTS for word in re.split(r"[^a-z]+", host.lower())}
    return {name for name in names if len(name) >= MIN_HOST_WORD}


class ChangePasswordForm(PasswordChangeForm):
    """Django's form. A wrong old password counts like one of a failed sign-in."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_old_password(self) -> str:
        """Return the old password if it is right."""
        old: str = self.cleaned_data["old_password"]
        if authenticate(self.request, username=self.user.get_username(), password=old) is None:
            raise ValidationError(self.error_messages["password_incorrect"])
        return old

    def clean(self) -> dict[str, Any]:
        """Refuse the old password as the new one."""
        values: dict[str, Any] = super().clean() or {}
        new = values.get("new_password1")
        if new and new == values.get("old_password"):
            self.add_error("new_password1", SAME_PASSWORD)
        return values
