"""Admins give carriers names, spellings and addresses; an error stands at its field."""

import pytest
from django.urls import reverse

from returns.carriers.names import MAX_CARRIER_TEXTS
from returns.models import Carrier
from tests.factories import make_carrier, make_return, make_returns

pytestmark = pytest.mark.django_db

ADD = "/admin/returns/carrier/add/"


def posted(name: str, *spellings: str, address: str = "", of: Carrier | None = None) -> dict:
    """Return what the form sends; the spellings of a carrier come first, in their order."""
    stored = list(of.spellings.all()) if of else []
    data = {
        "name": name,
        "tracking_address": address,
        "spellings-TOTAL_FORMS": len(spellings),
        "spellings-INITIAL_FORMS": len(stored),
    }
    for number, text in enumerate(spellings):
        data[f"spellings-{number}-text"] = text
        if number < len(stored):
            data[f"spellings-{number}-id"] = stored[number].pk
            data[f"spellings-{number}-carrier"] = of.pk
    return data


def errors_of(answer) -> dict[str, list[str]]:
    """Return the errors of the form, and those of each spelling, by the name of the field."""
    assert answer.status_code == 200
    form = answer.context["adminform"].form
    (spellings,) = answer.context["inline_admin_formsets"]
    errors = dict(form.errors)
    for number, each in enumerate(spellings.formset.forms):
        errors |= {f"{number}-{name}": texts for name, texts in each.errors.items()}
    assert spellings.formset.non_form_errors() == []
    return errors


def change_of(carrier: Carrier) -> str:
    return reverse("admin:returns_carrier_change", args=[carrier.pk])


def test_an_admin_adds_a_carrier_with_spellings(as_admin):
    address = "https://carrier.example/{tracking}"
    answer = as_admin.post(ADD, posted("Yurtiçi Kargo", "Yurtiçi", "YK", address=address))
    assert answer.status_code == 302
    carrier = Carrier.objects.get()
    assert (carrier.name, carrier.tracking_address) == ("Yurtiçi Kargo", address)
    assert [each.text for each in carrier.spellings.all()] == ["YK", "Yurtiçi"]
    assert "YK, Yurtiçi" in as_admin.get("/admin/returns/carrier/").text


@pytest.mark.parametrize(
    ("name", "spellings", "field", "text"),
    [
        ("yk", [], "name", "“yk” already means Yurtiçi Kargo."),
        ("YURTICI-KARGO", [], "name", "“YURTICI-KARGO” already means Yurtiçi Kargo."),
        ("Aras", ["A", "y.k."], "1-text", "“y.k.” already means Yurtiçi Kargo."),
        ("Aras", ["Yurtici Kargo"], "0-text", "“Yurtici Kargo” already means Yurtiçi Kargo."),
        ("", ["A"], "name", "This field is required."),
    ],
)
def test_what_means_another_carrier_is_refused_at_its_field(as_admin, name, spellings, field, text):
    make_carrier("Yurtiçi Kargo", "YK")
    errors = errors_of(as_admin.post(ADD, posted(name, *spellings)))
    assert errors == {field: [text]}
    assert Carrier.objects.count() == 1


def test_a_spelling_that_is_there_twice_is_refused_at_the_second(as_admin):
    errors = errors_of(as_admin.post(ADD, posted("Aras", "Aras Kargo", "ARAS KARGO")))
    assert list(errors) == ["1-text"]
    assert "is here twice" in errors["1-text"][0]


@pytest.mark.parametrize(
    "address", ["http://carrier.example/{tracking}", "javascript:alert(1)//{tracking}"]
)
def test_only_https_is_an_address(as_admin, address):
    errors = errors_of(as_admin.post(ADD, posted("Aras", address=address)))
    assert list(errors) == ["tracking_address"]
    assert "https://" in errors["tracking_address"][0]


def test_the_page_shows_the_spellings_that_mean_no_carrier_yet(as_admin):
    carrier = make_carrier("Yurtiçi Kargo")
    for text in ("YURTICI KARGO", "Yurtiçi", "<b>Aras</b>", ""):
        make_return(cargo_carrier=text)
    for path in (ADD, change_of(carrier)):
        page = as_admin.get(path).text
        assert "<div>Yurtiçi</div>" in page
        assert "<div>&lt;b&gt;Aras&lt;/b&gt;</div>" in page
        assert "YURTICI KARGO" not in page


def test_the_page_says_that_every_spelling_is_known(as_admin):
    assert "each carrier that returns have is known" in as_admin.get(ADD).text


def test_only_so_many_unknown_spellings_are_shown(as_admin):
    make_returns([{"cargo_carrier": f"C{number:03}"} for number in range(150)])
    assert as_admin.get(ADD).text.count("<div>C") == 100
    assert MAX_CARRIER_TEXTS > 150


def test_a_renamed_carrier_keeps_its_old_name_as_a_spelling(as_admin):
    carrier = make_carrier("Yurtici", "YK")
    answer = as_admin.post(
        change_of(carrier), posted("Yurtiçi Kargo", "YK", of=carrier), follow=True
    )
    assert "“Yurtici” was kept as a spelling of Yurtiçi Kargo." in answer.text
    assert [each.text for each in carrier.spellings.all()] == ["YK", "Yurtici"]
    as_admin.post(change_of(carrier), posted("YURTİÇİ KARGO", "YK", "Yurtici", of=carrier))
    carrier.refresh_from_db()
    assert (carrier.name, carrier.spellings.count()) == ("YURTİÇİ KARGO", 2)


def test_a_name_may_become_a_spelling_and_a_spelling_the_name(as_admin):
    carrier = make_carrier("Yurtiçi", "Yurtiçi Kargo")
    as_admin.post(change_of(carrier), posted("Yurtiçi Kargo", "Yurtiçi", of=carrier))
    carrier.refresh_from_db()
    assert carrier.name == "Yurtiçi Kargo"
    assert [each.text for each in carrier.spellings.all()] == ["Yurtiçi"]


def test_what_the_database_refuses_is_said(as_admin):
    carrier = make_carrier("Aras", "A", "B")
    answer = as_admin.post(change_of(carrier), posted("Aras", "B", "A", of=carrier), follow=True)
    assert "This was not saved" in answer.text
    assert [each.text for each in carrier.spellings.all()] == ["A", "B"]


def test_a_deleted_carrier_takes_its_spellings_along(as_admin):
    carrier = make_carrier("Aras", "ARAS KARGO")
    path = reverse("admin:returns_carrier_delete", args=[carrier.pk])
    assert as_admin.post(path, {"post": "yes"}).status_code == 302
    assert not Carrier.objects.exists()


def test_nobody_else_sees_or_changes_carriers(as_agent, as_manager):
    carrier = make_carrier("Aras")
    for client in (as_agent, as_manager):
        for path in (ADD, change_of(carrier), "/admin/returns/carrier/"):
            assert client.get(path).status_code == 302
            assert client.post(path, posted("MNG")).status_code == 302
    assert [each.name for each in Carrier.objects.all()] == ["Aras"]
