"""Shoppers are recognised by hashes of their numbers, however these are spelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.orders.shoppers import (
    HashedShopper,
    ShopperKind,
    are_shoppers_stored,
    current_key_id,
    hash_shopper,
    key_id,
    normal_customer,
    normal_email,
    normal_phone,
    shopper_hashes,
)
from tests.trials import tried_on

NEW_KEY, OLD_KEY = "a new key of 32 characters or more", "an older key, which is as long, too"


@pytest.fixture(autouse=True)
def _one_key(settings):
    settings.SHOPPER_KEYS = [NEW_KEY]


def hashed(*, customer="", email="", phone="", name="") -> HashedShopper:
    return hash_shopper(customer=customer, email=email, phone=phone, name=name)


@pytest.mark.parametrize(
    "text",
    [
        "ayse@example.com",
        "  Ayse@Example.COM \n",
        "ａｙｓｅ@example.com",  # as some keyboards of the East write it
        "\u200bayse@example.com\u2060",
    ],
)
def test_an_email_address_is_the_same_in_every_spelling(text):
    assert normal_email(text) == "ayse@example.com"


@pytest.mark.parametrize("text", ["İlker@example.com", "ilker@example.com", "ILKER@EXAMPLE.COM"])
def test_a_turkish_keyboard_does_not_make_another_address(text):
    assert normal_email(text) == "ilker@example.com"


@pytest.mark.parametrize("text", ["", "ayse", "@example.com", "ayse@", "@", "   "])
def test_what_is_no_email_address_has_no_hash(text):
    assert normal_email(text) == ""
    assert hashed(email=text).email_hash is None


@pytest.mark.parametrize(
    "text",
    [
        "+90 532 765 43 21",
        "0532 765 43 21",
        "(0532) 765-43-21",
        "5327654321",
        "905327654321",
        "00905327654321",
        "0532.765.4321",
        "٠٥٣٢٧٦٥٤٣٢١",
        "tel:+905327654321",
    ],
)
def test_a_phone_number_is_the_same_in_every_spelling(text):
    assert normal_phone(text) == "+905327654321"


def test_the_country_of_phone_numbers_without_a_code_is_a_setting(settings):
    assert normal_phone("0170 1234567") != "+491701234567"
    settings.PHONE_REGION = "DE"
    assert normal_phone("0170 1234567") == "+491701234567"
    assert normal_phone("+90 532 765 43 21") == "+905327654321"


@pytest.mark.parametrize("text", ["", "-", "yok", "0", "123", "0000000000", "1111111111", "1" * 30])
def test_what_is_no_phone_number_has_no_hash(text):
    assert hashed(phone=text).phone_hash is None


def test_customer_numbers_differ_by_more_than_case_and_spaces():
    assert normal_customer(" C-17 ") == normal_customer("c-17")
    assert normal_customer("C-17") != normal_customer("C17")


def test_equal_texts_of_different_kinds_have_different_hashes():
    shopper = hashed(customer="+905327654321", phone="+905327654321")
    assert shopper.customer_hash != shopper.phone_hash


def test_a_hash_needs_the_key(settings):
    first = hashed(email="ayse@example.com")
    settings.SHOPPER_KEYS = [OLD_KEY]
    second = hashed(email="ayse@example.com")
    assert first.email_hash != second.email_hash
    assert first.hash_key == key_id(NEW_KEY) != second.hash_key
    assert len(first.email_hash) == 64
    assert NEW_KEY not in repr(first)


def test_without_a_key_nothing_is_known(settings):
    settings.SHOPPER_KEYS = []
    assert not are_shoppers_stored()
    assert current_key_id() == ""
    assert shopper_hashes("ayse@example.com") == []


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("AYSE@example.com", [ShopperKind.EMAIL]),
        ("0532 765 43 21", [ShopperKind.PHONE, ShopperKind.CUSTOMER]),
        ("+90 (532) 765-43-21", [ShopperKind.PHONE, ShopperKind.CUSTOMER]),
        ("4711", [ShopperKind.CUSTOMER]),
        ("Cust-4711", [ShopperKind.CUSTOMER]),
        ("RSO1234567", [ShopperKind.CUSTOMER]),  # a phone number has no letters
        ("", []),
        ("@", []),
    ],
)
def test_what_somebody_typed_may_be_a_number_of_these_kinds(text, kinds):
    assert [each.kind for each in shopper_hashes(text)] == kinds


def test_what_somebody_typed_is_looked_for_under_every_key(settings):
    settings.SHOPPER_KEYS = [OLD_KEY]
    old = hashed(email="ayse@example.com").email_hash
    settings.SHOPPER_KEYS = [NEW_KEY, OLD_KEY]
    new = hashed(email="ayse@example.com").email_hash
    assert [each.value for each in shopper_hashes("ayse@example.com")] == [new, old]


@tried_on(400)
@given(st.text(st.characters(exclude_categories=()), max_size=400))
def test_any_text_has_hashes_or_none(text):
    shopper_hashes(text)
    hashed(customer=text, email=text, phone=text)
    assert normal_email(normal_email(text)) == normal_email(text)
    assert normal_phone(normal_phone(text)) == normal_phone(text)
