"""The desk has the name and the logo that settings give it."""

import pytest
from django.conf import settings as django_settings
from django.utils.translation import override

from config.brand import desk_name

pytestmark = pytest.mark.django_db


@pytest.fixture
def _own(settings):
    settings.DESK_NAME = "Parcel & Co"
    settings.DESK_LOGO = django_settings.BASE_DIR / "static/favicon.svg"


@pytest.mark.usefixtures("_own")
def test_every_page_has_the_name_and_the_logo(client, as_admin):
    pages = [client.get("/accounts/login/"), as_admin.get("/returns/"), as_admin.get("/nowhere/")]
    for page in pages:
        assert "· Parcel &amp; Co</title>" in page.text
        assert '<img src="/logo" alt="" height="24">Parcel &amp; Co' in page.text


@pytest.mark.usefixtures("_own")
def test_the_logo_needs_no_login(client, settings):
    answer = client.get("/logo")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content == settings.DESK_LOGO.read_bytes()


def test_without_a_logo_there_is_the_parcel(client):
    page = client.get("/accounts/login/").text
    assert "/logo" not in page
    assert "Returns desk" in page
    assert client.get("/logo").status_code == 404


def test_the_usual_name_is_translated_and_a_chosen_one_is_not(settings):
    names = {}
    for language in ("en", "tr", "de"):
        with override(language):
            names[language] = desk_name()
    assert names == {"en": settings.DESK_NAME, "tr": "İade masası", "de": "Retourendesk"}
    settings.DESK_NAME = "Parcel & Co"
    with override("tr"):
        assert desk_name() == "Parcel & Co"


def test_the_page_without_a_program_has_the_names_too():
    page = (django_settings.BASE_DIR / "static/unavailable.html").read_text()
    assert all(name in page for name in ("returns desk", "İade masası", "Retourendesk"))
