import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from config.text import capitalized, name_order, require_visible, shorten
from returns.deadlines.forms import DeadlineForm
from returns.feed.mapping_forms import MappingForm
from returns.models import ApiToken
from returns.rules.forms import RuleForm
from tags.models import TagGroup
from tests.returns.people.test_admin import change


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("12345", "12345"), ("123456", "1234…"), ("ü" * 9, "üüüü…")],
)
def test_a_text_that_is_too_long_ends_in_dots_and_fits(text, shown):
    assert shorten(text, 5) == shown


INVISIBLE = ["\u200b", "\u2060", "\u202e", "\u2066", "\u200f", "\u061c", "\x07", "\ufeff"]


@pytest.mark.parametrize("character", INVISIBLE)
def test_invisible_and_turning_characters_are_refused_in_names(character):
    require_visible("İade – “wrong size” 日本 עברית")
    with pytest.raises(ValidationError, match=r"invisible"):
        require_visible(f"a{character}b")


@pytest.mark.parametrize(
    "clean",
    [
        *(form.base_fields["name"].clean for form in (RuleForm, DeadlineForm, MappingForm)),
        *(model._meta.get_field("name").run_validators for model in (ApiToken, TagGroup)),
    ],
)
def test_names_of_every_kind_have_none(clean):
    clean("visible")
    with pytest.raises(ValidationError, match=r"invisible"):
        clean("a\u202eb")


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["username", "first_name", "last_name"])
def test_names_of_people_have_none(as_admin, agent, field):
    assert change(as_admin, agent, **{field: "a\u202eb"}) == 200
    assert change(as_admin, agent, **{field: "visible"}) == 302


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("tr", ["Can", "Çan", "Dağ", "Halı", "Irmak", "İzmir", "Kar", "Ses", "Şeker", "Zil"]),
        ("de", ["Aachen", "Österreich", "Portugal", "Ungarn", "Zypern"]),
        ("en", ["Anna", "Émile", "Ida", "ılgaz", "Zoe"]),
    ],
)
def test_names_are_sorted_by_the_alphabet_of_the_language(language, names):
    with translation.override(language):
        assert sorted(set(names), key=name_order) == names


@pytest.mark.parametrize(("language", "capital"), [("tr", "İade"), ("de", "Iade"), ("en", "Iade")])
def test_a_capital_letter_is_that_of_the_language(language, capital):
    with translation.override(language):
        assert capitalized("iade") == capital
        assert capitalized("") == ""
