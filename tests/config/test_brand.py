"""The desk has the name and the logo that settings give it."""

import pytest
from django.conf import settings as django_settings

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
