"""Which language a page is in, and how people choose another one."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from returns.models import Preferences

pytestmark = pytest.mark.django_db
CHOOSE = reverse("choose-language")


def language_of(client: Client, path: str = "/preferences/", **headers: str) -> str:
    response = client.get(path, headers=headers)
    code = response["Content-Language"]
    assert f'<html lang="{code}"' in response.text
    return code


def prefer(user, language: str) -> None:
    Preferences.objects.update_or_create(user=user, defaults={"language": language})


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("tr-TR,tr;q=0.9,en;q=0.8", "tr"),
        ("de-AT", "de"),
        ("fr, de;q=0.5", "de"),
        ("fr", "en"),
        ("xx" * 500, "en"),
        (";;q=,,", "en"),
    ],
)
def test_a_stranger_reads_the_language_of_the_browser(client, accepted, language):
    assert language_of(client, "/accounts/login/", accept_language=accepted) == language


def test_a_person_reads_their_own_language_whatever_the_browser_says(as_agent, agent):
    assert language_of(as_agent, accept_language="de") == "de"
    prefer(agent, "tr")
    assert language_of(as_agent, accept_language="de") == "tr"


def test_the_setting_decides_where_nobody_has_chosen(client, settings):
    settings.LANGUAGE_CODE = "tr"
    assert language_of(client, "/accounts/login/") == "tr"


def test_a_language_is_chosen_from_the_menu_without_losing_the_place(as_agent, agent):
    here = "http://testserver/returns/?state=Completed"
    response = as_agent.post(CHOOSE, {"language": "de", "page": "/"}, headers={"Referer": here})
    assert (response.status_code, response["Location"]) == (303, here)
    assert Preferences.objects.get(user=agent).language == "de"
    assert language_of(as_agent, "/returns/?state=Completed", accept_language="tr") == "de"


def test_the_page_for_signing_in_stays_in_the_language_that_was_chosen(as_agent):
    as_agent.post(CHOOSE, {"language": "tr"})
    as_agent.post(reverse("logout"))
    assert language_of(as_agent, "/accounts/login/") == "tr"


def test_a_stranger_chooses_a_language_on_the_page_for_signing_in(client):
    page = "/accounts/login/?next=/queue/"
    response = client.post(CHOOSE, {"language": "de", "page": page})
    assert response["Location"] == page
    assert "Anmelden" in client.get(page).text


@pytest.mark.parametrize(
    ("sent", "referrer", "page"),
    [
        ({}, "https://elsewhere.example/", "/"),
        ({"page": "https://elsewhere.example/"}, "", "/"),
        ({"page": "//elsewhere.example"}, "", "/"),
        ({"next": "javascript:alert(1)", "page": "/queue/"}, "", "/queue/"),
        # A page that answered a form cannot be opened again; the one with the form can.
        ({"next": "/tags/1/"}, "http://testserver/sentences/x/tr/", "/tags/1/"),
    ],
)
def test_choosing_a_language_never_leads_to_another_site(client, sent, referrer, page):
    headers = {"Referer": referrer} if referrer else {}
    response = client.post(CHOOSE, {"language": "tr"} | sent, headers=headers)
    assert response["Location"] == page


@pytest.mark.parametrize("language", ["", "xx", "tr-TR", "en\0", "e" * 600])
def test_an_unknown_language_is_refused_and_nothing_is_kept(as_agent, agent, language):
    assert as_agent.post(CHOOSE, {"language": language}).status_code == 400
    assert not Preferences.objects.exclude(language="").exists()
    assert settings.LANGUAGE_COOKIE_NAME not in as_agent.cookies


def test_preferences_decide_at_once_and_as_the_browser_means_the_browser(as_agent, agent):
    as_agent.post(CHOOSE, {"language": "de"})
    sent = {"density": "compact", "language": "tr"}
    answer = as_agent.post("/preferences/", sent, follow=True)
    assert answer["Content-Language"] == "tr"
    assert "Preferences saved." not in answer.text
    answer = as_agent.post("/preferences/", sent | {"language": ""}, follow=True)
    assert answer["Content-Language"] == "en"
    assert "Preferences saved." in answer.text
    assert language_of(as_agent, accept_language="tr") == "tr"


@pytest.mark.parametrize("path", ["/rules/99999/", "/tags/99999/", "/return/99999/card/"])
@pytest.mark.parametrize("language", ["tr", "de", "en"])
def test_what_is_missing_is_said_in_our_own_words(as_manager, manager, path, language):
    prefer(manager, language)
    response = as_manager.get(path)
    assert response.status_code == 404
    for model in ("TagRule", "Tag ", "Return "):
        assert f"{model}yok" not in response.text
    assert not any(word in response.text for word in ("sorguyla", "Abfrage", "given query"))


def test_the_names_of_languages_are_their_own_in_every_language(client):
    for language in ("tr", "de", "en"):
        text = client.get("/accounts/login/", headers={"accept-language": language}).text
        assert all(f">{name}</button>" in text for _, name in settings.LANGUAGES)


def test_a_refused_method_is_said_in_the_language_of_the_person(as_agent, agent):
    prefer(agent, "de")
    response = as_agent.delete("/queue/")
    assert (response.status_code, response["Content-Language"]) == (405, "de")
    assert '<html lang="de"' in response.text


def test_programs_are_answered_in_english(as_agent, agent):
    prefer(agent, "tr")
    answer = as_agent.get("/openapi/v1/Returns", headers={"accept-language": "tr"})
    assert answer.status_code == 401
    assert "token" in answer.text.lower()
    assert "anahtar" not in answer.text
