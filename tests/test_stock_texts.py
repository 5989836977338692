"""What Django, its admin and axes show is translated: by themselves, or in our catalogues."""

import re
from pathlib import Path

import axes
import django
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po
from django.contrib import admin
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import override

from config import stock_texts
from tests.test_catalogues import LANGUAGES, catalogue

DJANGO = Path(django.__file__).parent
PARTS = {name: DJANGO / "contrib" / name / "locale" for name in ("admin", "auth", "contenttypes")}
PARTS["core"] = DJANGO / "conf/locale"
# What no page of ours shows: other languages, binary fields, tasks, and mail about passwords.
ELSEWHERE = {
    *(", ", "Haitian Creole", "“%(value)s” is not a valid binary value."),
    *("In case you’ve forgotten, you are:", "Logout", "No %s matches the given query."),
    *("Ready", "Running", "Failed", "Successful", 'The app "%s" could not be found.'),
}
AXES = Path(axes.__file__).parent
TEXT = re.compile(r'\b_\(\s*"([^"]+)"\s*\)')


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def translated(catalog: Catalog) -> set[str]:
    return {
        key(each)
        for each in catalog
        if each.id
        and not each.fuzzy
        and all([each.string] if isinstance(each.string, str) else each.string)
    }


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", PARTS)
def test_what_django_leaves_untranslated_is_translated_here(part, language):
    folder = PARTS[part]
    texts = {key(each) for each in read(folder / "en/LC_MESSAGES/django.po") if each.id}
    theirs = translated(read(folder / language / "LC_MESSAGES/django.po"))
    assert texts - theirs - ELSEWHERE - translated(catalogue(language, "django")) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_axes_leaves_untranslated_is_translated_here(language):
    texts = {
        text
        for path in AXES.glob("*.py")
        for text in TEXT.findall(path.read_text())
        if text not in {"Yes", "No"}  # Django's
    }
    theirs = translated(read(AXES / "locale" / language / "LC_MESSAGES/django.po"))
    assert len(texts) > 20
    assert texts - theirs - translated(catalogue(language, "django")) == set()


def test_every_text_that_is_named_is_one_of_theirs():
    catalogs = [read(folder / "en/LC_MESSAGES/django.po") for folder in PARTS.values()]
    theirs = {key(each) for catalog in catalogs for each in catalog if each.id}
    named = {
        str(text) for text in (*stock_texts.DJANGO[:-1], *stock_texts.CAPITALS, *stock_texts.DAYS)
    }
    assert named <= theirs
    sources = " ".join(path.read_text() for path in AXES.glob("*.py"))
    assert [text for text in stock_texts.AXES if f'"{text}"' not in sources] == []


def test_a_turkish_name_that_the_admin_writes_large_begins_with_the_right_letter():
    names = [
        name
        for model in admin.site._registry
        for name in (
            model._meta.verbose_name,
            model._meta.verbose_name_plural,
            *(getattr(field, "verbose_name", "") for field in model._meta.get_fields()),
        )
    ]
    in_english = [str(name) for name in names]
    with override("tr"):
        in_turkish = [str(name) for name in names]
    pairs = zip(in_english, in_turkish, strict=True)
    assert [turkish for text, turkish in pairs if turkish[:1] == "i" and turkish != text] == []
    assert {"İade", "İadeler", "İade no", "İlk karakterler", "İptal eden"} <= set(in_turkish)


def test_turkish_weekdays_are_shortened_as_turks_do():
    with override("tr"):
        shortened = [str(WEEKDAYS_ABBR[number]) for number in range(7)]
    assert shortened == ["Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"]
