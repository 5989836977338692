"""What may be a carrier: one spelling means one carrier, and only https leads to its page."""

from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from returns.carriers.editing import add_carrier, add_spelling
from returns.carriers.meaning import carrier_name
from returns.models import Carrier
from tests.factories import make_carrier

pytestmark = pytest.mark.django_db

WRONG_ADDRESSES = [
    "http://carrier.example/{tracking}",
    "javascript:alert('{tracking}')",
    "JavaScript:alert(1)//{tracking}",
    "data:text/html,{tracking}",
    "//carrier.example/{tracking}",
    "https:///{tracking}",
    "https://{tracking}.example/",
    "https://carrier.example{tracking}",
    "https://me:secret@carrier.example/{tracking}",
    "carrier.example/{tracking}",
    "https://carrier.example/",
    "https://carrier.example/{tracking}/{tracking}",
    "https://carrier.example/{number}?n={tracking}",
    "https://carrier.example/a b?n={tracking}",
]


@pytest.mark.parametrize("address", WRONG_ADDRESSES)
def test_another_address_is_refused_by_the_form_and_by_the_database(address):
    with pytest.raises(ValidationError) as refusal:
        add_carrier("Aras", address, [])
    assert list(refusal.value.message_dict) == ["tracking_address"]
    rules = "carrier_tracking_address_is_https|carrier_tracking_address_has_one_place"
    with pytest.raises(IntegrityError, match=rules), transaction.atomic():
        make_carrier("Aras", address=address)


@pytest.mark.parametrize(
    "address",
    ["", "https://carrier.example/{tracking}", "https://a.example:8443/x?n={tracking}&l=tr#top"],
)
def test_an_https_address_with_one_place_is_taken(address):
    assert add_carrier("Aras", address, []).tracking_address == address


@pytest.mark.parametrize(
    "name", ["Yurtiçi Kargo", "YURTICI KARGO", "yurtiçi-kargo", "Yurtıçı K argo"]
)
def test_a_name_is_unique_whatever_its_case_accents_and_signs(name):
    make_carrier("Yurtiçi Kargo")
    with pytest.raises(IntegrityError, match="carrier_name_is_unique"):
        make_carrier(name)


def test_one_spelling_means_one_carrier():
    make_carrier("Yurtiçi Kargo", "YK")
    with pytest.raises(IntegrityError, match="carrier_spelling_means_one_carrier"):
        make_carrier("Yeni Kargo", "y.k.")


def test_a_name_is_no_spelling_of_another_carrier_whichever_came_first():
    make_carrier("Yurtiçi Kargo", "YK")
    rule = "carrier_name_is_no_spelling_of_another"
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        make_carrier("yk")
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        make_carrier("Aras", "YURTICI KARGO")
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Carrier.objects.filter(pk=make_carrier("Aras").pk).update(name="Y-K")


def test_a_carrier_may_have_its_own_name_as_a_spelling():
    make_carrier("UPS", "ups")
    assert carrier_name("U.P.S.") == "UPS"


@pytest.mark.parametrize(
    ("name", "spellings"), [("", []), (" ", []), ("Aras", [""]), ("Aras", [" "])]
)
def test_a_name_and_a_spelling_say_something(name, spellings):
    rules = "carrier_has_a_name|carrier_spelling_says_something"
    with pytest.raises(IntegrityError, match=rules):
        make_carrier(name, *spellings)


def test_a_spelling_without_latin_letters_is_compared_as_it_is():
    make_carrier("SF Express", "順豐")
    make_carrier("Нова пошта", "НП")
    assert carrier_name("順豐") == "SF Express"
    assert carrier_name("順豐速運") == "順豐速運"
    assert carrier_name("НП") == "Нова пошта"
    assert carrier_name("нп") == "нп"
    assert carrier_name("—") == "—"


def test_a_spelling_that_is_known_is_not_added_again():
    carrier = make_carrier("UPS", "United Parcel")
    assert not add_spelling(carrier, "UNITED-PARCEL")
    assert add_spelling(carrier, "United")
    assert carrier.spellings.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_that_write_at_the_same_time_one_is_refused():
    """A name and a spelling are in two tables, so no unique index compares them."""
    refused = []

    def add_name() -> None:
        try:
            make_carrier("yk")
        except IntegrityError as error:
            refused.append(str(error))
        finally:
            connection.close()

    other = Thread(target=add_name)
    with transaction.atomic():
        make_carrier("Yurtiçi Kargo", "YK")
        other.start()
        other.join(timeout=0.3)
        assert other.is_alive()
    other.join(timeout=10)
    assert len(refused) == 1
    assert "carrier_name_is_no_spelling_of_another" in refused[0]
