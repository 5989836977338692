"""A password that everybody here would guess is refused."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password",
    [
        *("warehouse", "Warehouse2026!", "depo1234", "returns-desk", "Returns123456", "İade2026!!"),
        *("w4rehouse99", "depodepo", "Şifre12345", "kargo.istanbul", "acmestore2026", "MÜŞTERİ123"),
    ],
)
def test_own_words_are_refused(password, settings):
    settings.ALLOWED_HOSTS = ["returns.acmestore.example"]
    with pytest.raises(ValidationError, match=r"everybody here would guess|too common"):
        validate_password(password)


@pytest.mark.parametrize("password", ["secret-parcel", "correct-horse-staple", "blue depo kitten"])
def test_longer_ones_with_other_words_are_fine(password):
    validate_password(password)
