"""The translations are whole: every text, with its values, in every language, compiled."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.conf import settings

from returns.management.commands.compilemessages import words_of_scripts, words_path

LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]
DOMAINS = ("django", "djangojs")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}")
TAG = re.compile(r"<[^>]+>")
every_catalogue = pytest.mark.parametrize(
    ("language", "domain"), [(language, domain) for language in LANGUAGES for domain in DOMAINS]
)


def path_of(language: str, domain: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"{domain}.po"


@cache
def catalogue(language: str, domain: str) -> Catalog:
    with path_of(language, domain).open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str, domain: str) -> list[Message]:
    return [message for message in catalogue(language, domain) if message.id]


def forms(message: Message) -> list[tuple[str, str]]:
    """Return each form of a message with its translation; all that is sent is in the plural."""
    if isinstance(message.id, str):
        return [(message.id, message.string)]
    return list(zip(message.id, message.string, strict=True))


@every_catalogue
def test_every_text_is_translated(language, domain):
    missing = [message.id for message in messages(language, domain) if not all(_strings(message))]
    assert missing == []
    assert [message.id for message in messages(language, domain) if message.fuzzy] == []


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


@every_catalogue
def test_translations_have_the_same_values_and_markup(language, domain):
    wrong = []
    for message in messages(language, domain):
        allowed = {place for text, _ in forms(message) for place in PLACEHOLDER.findall(text)}
        for text, translated in forms(message):
            needed, found = set(PLACEHOLDER.findall(text)), set(PLACEHOLDER.findall(translated))
            if not needed <= found <= allowed:
                wrong.append((text, translated))
            if Counter(TAG.findall(text)) != Counter(TAG.findall(translated)):
                wrong.append((text, translated))
    assert wrong == []


@every_catalogue
def test_translations_keep_the_blanks_at_the_ends(language, domain):
    def ends(text: str) -> tuple[str, str]:
        return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]

    pairs = [pair for message in messages(language, domain) for pair in forms(message)]
    assert [pair for pair in pairs if ends(pair[0]) != ends(pair[1])] == []


@every_catalogue
def test_no_ending_hangs_on_a_value(language, domain):
    ending = re.compile(r"%\(\w+\)s[’']\w|\}[’']\w")
    pairs = [pair for message in messages(language, domain) for pair in forms(message)]
    assert [translated for _, translated in pairs if ending.search(translated)] == []


@every_catalogue
def test_compiled_files_are_those_of_the_catalogues(language, domain):
    with path_of(language, domain).with_suffix(".mo").open("rb") as file:
        compiled = {(each.context, _key(each)): _strings(each) for each in read_mo(file)}
    compiled.pop((None, ""))
    written = {(each.context, _key(each)): _strings(each) for each in messages(language, domain)}
    assert compiled == written


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
def test_the_words_of_scripts_are_written(language):
    assert words_path(language).read_text() == words_of_scripts(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_that_pages_and_scripts_share_are_the_same(language):
    on_pages = {(each.context, each.id): each.string for each in messages(language, "django")}
    shared = [
        each for each in messages(language, "djangojs") if (each.context, each.id) in on_pages
    ]
    assert len(shared) > 10
    assert [each.id for each in shared if on_pages[each.context, each.id] != each.string] == []
