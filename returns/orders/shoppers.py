"""Shoppers, known by keyed hashes of their e-mail address, phone number and customer number.

Equal numbers have equal hashes under one key, and nobody without the key can try which number a
hash is of. So the numbers themselves are stored nowhere. ``SHOPPER_KEYS`` has the key that hashes
are made with, and then older ones, with which stored hashes may have been made.
"""

import hmac
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import NamedTuple

import phonenumbers
from django.conf import settings

from config.text import INVISIBLE_CATEGORIES

MAX_SHOPPER_NUMBER = 320  # characters, those of the longest e-mail address
KEY_ID_LENGTH = 16
E164 = phonenumbers.PhoneNumberFormat.E164
# A shorter number without a plus is one of a parcel or an order.
MIN_PHONE_DIGITS = 10
# What people type between the digits of a phone number.
PHONE_CHARACTERS = re.compile(r"[\d\s()+./\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}-]+")
# Anything around an "@": what is nearly an e-mail address is nobody else's business either.
# It begins where a word begins, and never goes back: a long word would take minutes otherwise.
EMAIL_ADDRESS = re.compile(r"(?<![^\s@,;|<>])[^\s@,;|<>]++@[^\s@,;|<>]+")
PHONE_LINK = "tel:"
# A Turkish keyboard begins an address with "İ"; no two mailboxes differ by the dot alone.
ONE_LETTER_I = str.maketrans("İı", "ii")


class ShopperKind(StrEnum):
    """By what a shopper is known; also what keeps equal texts of different kinds apart."""

    EMAIL = "email"
    PHONE = "phone"
    CUSTOMER = "customer"

    @property
    def column(self) -> str:
        """Return the column of ``SalesOrder`` that has the hash."""
        return f"{self}_hash"


class ShopperHash(NamedTuple):
    """The hash of a number of this kind, under one key."""

    kind: ShopperKind
    value: str


@dataclass(frozen=True, slots=True)
class HashedShopper:
    """The shopper of an order, as it is stored; the fields are those of ``SalesOrder``."""

    hash_key: str = ""
    customer_hash: str | None = None
    email_hash: str | None = None
    phone_hash: str | None = None
    shopper_name: str = ""


def are_shoppers_stored() -> bool:
    """Tell whether there is a key, without which nothing of shoppers is stored."""
    return bool(settings.SHOPPER_KEYS)


def current_key_id() -> str:
    """Return the id of the key that hashes are made with; "" without a key."""
    return key_id(settings.SHOPPER_KEYS[0]) if settings.SHOPPER_KEYS else ""


def key_id(key: str) -> str:
    """Return what identifies a key without telling it."""
    return _hash(key, "key", "")[:KEY_ID_LENGTH]


def hash_shopper(*, customer: str, email: str, phone: str, name: str) -> HashedShopper:
    """Return the shopper with these numbers, each "" if there is none, hashed with the newest key.

    What is no e-mail address or phone number has no hash.
    """
    key = settings.SHOPPER_KEYS[0]
    return HashedShopper(
        hash_key=key_id(key),
        customer_hash=_hash_of(key, ShopperKind.CUSTOMER, customer),
        email_hash=_hash_of(key, ShopperKind.EMAIL, email),
        phone_hash=_hash_of(key, ShopperKind.PHONE, phone),
        shopper_name=name,
    )


def shopper_hashes(text: str) -> list[ShopperHash]:
    """Return the hashes that a text which somebody typed may have, under each key.

    With an "@", it is an e-mail address. Otherwise it may be a customer number, and, if it has
    nothing but digits and what people write between them, a phone number too.
    """
    kinds = [ShopperKind.CUSTOMER]
    if "@" in text:
        kinds = [ShopperKind.EMAIL]
    elif PHONE_CHARACTERS.fullmatch(text.strip()):
        kinds = [ShopperKind.PHONE, ShopperKind.CUSTOMER]
    return [
        ShopperHash(kind, value)
        for kind in kinds
        for key in settings.SHOPPER_KEYS
        if (value := _hash_of(key, kind, text))
    ]


def normal_email(text: str) -> str:
    """Return an e-mail address in the spelling that is hashed; "" if it is none."""
    name, _, host = (address := _plain(text)).rpartition("@")
    return address if name and host else ""


def normal_phone(text: str) -> str:
    """Return a phone number as E.164, such as +905321234567; "" if it is none.

    Without a country code it is one of ``PHONE_REGION``. A single digit that repeats, as in
    0000000000, stands for no number.
    """
    number = _parse_phone(text)
    return phonenumbers.format_number(number, E164) if number else ""


def find_email(text: str) -> str:
    """Return the first text that looks like an e-mail address; "" if there is none."""
    match = EMAIL_ADDRESS.search(unicodedata.normalize("NFKC", text))
    return match[0] if match else ""


def looks_like_phone(text: str) -> bool:
    """Tell whether a text is probably a phone number, as people write them.

    With a plus, or a zero in front, any number of a possible length is one. Otherwise the number
    has to be one that ``PHONE_REGION`` assigns, for tracking numbers are as long. Without a plus
    it has ten digits or more.
    """
    text = unicodedata.normalize("NFKC", text).strip().removeprefix(PHONE_LINK)
    if not PHONE_CHARACTERS.fullmatch(text) or not (number := _parse_phone(text)):
        return False
    if text.startswith("+"):
        return True
    digits = "".join(filter(str.isdecimal, text))
    has_zero = digits.startswith("0") and not digits.startswith("00")
    is_long = len(digits) >= MIN_PHONE_DIGITS
    return is_long and (has_zero or phonenumbers.is_valid_number(number))


@cache
def phone_pattern(region: str) -> str:
    """Return a regular expression, also of JavaScript, that all phone numbers of a country match.

    They are digits alone, with the country code or without it, and with nothing else in front.
    """
    code = phonenumbers.country_code_for_region(region)
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region)
    description = metadata and metadata.general_desc
    pattern = description and description.national_number_pattern
    return f"^(?:{code})?(?:{pattern})$"


def _parse_phone(text: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(text, settings.PHONE_REGION)
    except phonenumbers.NumberParseException:
        return None
    is_placeholder = len(set(str(number.national_number))) == 1
    return None if is_placeholder or not phonenumbers.is_possible_number(number) else number


def normal_customer(text: str) -> str:
    """Return a customer number in the spelling that is hashed."""
    return _plain(text)


NORMALIZERS: dict[ShopperKind, Callable[[str], str]] = {
    ShopperKind.EMAIL: normal_email,
    ShopperKind.PHONE: normal_phone,
    ShopperKind.CUSTOMER: normal_customer,
}


def _plain(text: str) -> str:
    composed = unicodedata.normalize("NFKC", text)
    visible = "".join(
        each for each in composed if unicodedata.category(each) not in INVISIBLE_CATEGORIES
    )
    return visible.strip().translate(ONE_LETTER_I).casefold()


def _hash_of(key: str, kind: ShopperKind, text: str) -> str | None:
    normal = NORMALIZERS[kind](text) if len(text) <= MAX_SHOPPER_NUMBER else ""
    return _hash(key, kind, normal) if normal else None


def _hash(key: str, kind: str, text: str) -> str:
    return hmac.new(key.encode(), _bytes(f"{kind}:{text}"), sha256).hexdigest()


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # half a character may be typed too
