"""A token leads to the orders of a shopper, tells nothing of them, and cannot be made up."""

import pytest

from returns.models import Return, SalesOrder
from returns.orders.finding import hashes_of_order, returns_of_shopper
from returns.orders.shoppers import ShopperKind, find_email, looks_like_phone, shopper_hashes
from returns.orders.tokens import (
    MAX_SHOPPER_TOKEN,
    NOBODY,
    shopper_of_token,
    token_of_orders,
    token_of_typed,
)
from tests.factories import make_return
from tests.returns.feed.orders.samples import CUSTOMER, REFERENCE, an_order, bring, stored

pytestmark = pytest.mark.django_db

OLD_KEY, NEW_KEY = "an older key of many characters, too", "a newer key of many characters, too"
FAMILY = CUSTOMER | {"customerNo": "other", "email": "other@example.com"}


def references(token: str) -> list[str]:
    shopper = shopper_of_token(token)
    found = returns_of_shopper(shopper.hashes).values_list("return_reference_number", flat=True)
    return sorted(found)


@pytest.fixture
def family():
    """Two shoppers with the same phone number."""
    make_return("mine", sales_order_reference_number=REFERENCE)
    make_return("of-family", sales_order_reference_number="RSO2")
    bring(an_order(), an_order("RSO2", customer=FAMILY))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CUSTOMER["email"], ["mine"]),
        (CUSTOMER["customerNo"], ["mine"]),
        ("other@example.com", ["of-family"]),
        ("+90 532 765 43 21", ["mine", "of-family"]),
    ],
)
def test_what_was_typed_leads_to_the_orders_with_that_number(family, text, expected):
    assert references(token_of_typed(shopper_hashes(text))) == expected


def test_an_order_leads_to_all_that_share_any_number(family):
    assert references(token_of_orders([stored()])) == ["mine", "of-family"]


def test_a_token_holds_neither_number_nor_hash(family):
    token = token_of_typed(shopper_hashes("0532 765 43 21"))
    assert len(token) <= MAX_SHOPPER_TOKEN
    assert "765" not in token.partition(":")[0]
    for kind, value in hashes_of_order(stored()):
        assert value not in token, kind


@pytest.mark.parametrize("token", ["", "x", "e-1", "e-1:x", "unknown ", "a" * 500, "\0", "e-1:é"])
def test_a_token_that_is_not_ours_names_nobody(family, token):
    assert shopper_of_token(token) is None


def test_a_token_of_orders_that_are_gone_names_nobody(family):
    token = token_of_orders([stored()])
    SalesOrder.objects.all().delete()
    assert shopper_of_token(token) is None


def test_who_is_not_known_has_a_token_of_nobody(family, settings):
    assert token_of_typed(shopper_hashes("nobody@example.com")) == NOBODY
    assert shopper_of_token(NOBODY).hashes == ()
    settings.SHOPPER_KEYS = []
    assert token_of_typed(shopper_hashes(CUSTOMER["email"])) == NOBODY


def test_orders_under_an_older_key_are_found_with_those_under_the_new_one(settings):
    settings.SHOPPER_KEYS = [OLD_KEY]
    make_return("old", sales_order_reference_number=REFERENCE)
    make_return("new", sales_order_reference_number="RSO2")
    bring(an_order())
    settings.SHOPPER_KEYS = [NEW_KEY, OLD_KEY]
    bring(an_order("RSO2"))
    assert references(token_of_typed(shopper_hashes(CUSTOMER["email"]))) == ["new", "old"]
    assert Return.objects.count() == 2
    # Known by hashes alone, they are two groups until the orders come again.
    assert references(token_of_orders([stored("RSO2")], [ShopperKind.EMAIL])) == ["new"]


@pytest.mark.parametrize(
    "text",
    [
        *("+90 532 765 43 21", "0532 765 43 21", "(0532) 765 43 21", "0532-765-4321"),
        *("5327654321", "905327654321", "00905327654321", "tel:+905327654321", "+49 170 1234567"),
        *("٠٥٣٢٧٦٥٤٣٢١", "０５３２７６５４３２１", "0582 765 43 21"),
    ],
)
def test_phone_numbers_are_recognised(text):
    assert looks_like_phone(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "734", "24881", "7340000000001", "315045706115", "Return-24881", "RSO5327654321"),
        *(
            "1201450414625470014100902000010011",
            "0000000000",
            "1234567",
            "4441444",
            "00315045706115",
            "0100000",
        ),
    ],
)
def test_other_numbers_are_no_phone_numbers(text):
    assert not looks_like_phone(text)


@pytest.mark.parametrize(
    ("text", "email"),
    [
        ("ayse@example.com", "ayse@example.com"),
        (" Ayse <ayse@example.com>, 5", "ayse@example.com"),
        ("ayse＠example.com", "ayse@example.com"),
        ("ayse@localhost", "ayse@localhost"),
        ("@", ""),
        ("ayse @ home", ""),
        ("Return-1", ""),
        # As long as a server accepts: it takes no time that grows with the square of the length.
        ("a" * 400_000, ""),
        ("a" * 400_000 + "@example.com", "a" * 400_000 + "@example.com"),
    ],
    ids=lambda text: text[:40],
)
def test_email_addresses_are_recognised(text, email):
    assert find_email(text) == email
