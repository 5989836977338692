"""Names that the desk brings along: each reader knows them by labels, data has the names."""

import json
import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils.translation import gettext, override, pgettext

from config.shipped_names import (
    deadline_label,
    group_label,
    role_label,
    rule_label,
    shipped_name,
    stored_tag,
    tag_label,
    view_label,
)
from config.stored_texts import stored_text
from returns.demo.policies import POLICIES, set_up_policies
from returns.filters.query import Query
from returns.lists.saved_views import save_view
from returns.models import (
    ApiToken,
    DeletedEntry,
    Preferences,
    Return,
    SavedView,
    State,
    TagRule,
)
from returns.people.roles import ADMIN, PERMISSIONS
from returns.people.tokens import issue
from tags import editing
from tags.history import actions, snapshot
from tags.models import Tag, TagAction, TagGroup
from tags.vocabulary import load_vocabulary
from tests.factories import make_person, make_return, make_tag, put_tag
from tests.markup import flat
from tests.shipped import TAGS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial"}
# What stands between context and text in catalogues.
SEPARATOR = "\x04"


@pytest.fixture
def reader() -> Client:
    """A person who may do everything, in Turkish."""
    person = make_person("okur", ADMIN, is_staff=True)
    Preferences.objects.update_or_create(user=person, defaults={"language": "tr"})
    client = Client()
    client.force_login(person, backend="returns.people.RoleBackend")
    return client


@pytest.fixture
def record() -> Return:
    """A return that waits, with the tag "books"."""
    record = make_return("Return-1", state=State.ARRIVED)
    put_tag(record, "books")
    return record


def shown(page: str) -> str:
    """Return what a person reads of a page, and what is said to them."""
    said = re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', page)
    return " ".join([re.sub(r"<[^>]*>", " ", page), *said])


# Translations


def shipped() -> Iterator[tuple[str, str]]:
    """Yield the context and the name of everything that the desk and its demo bring along."""
    for context, model in (("tag", Tag), ("group of tags", TagGroup), ("rule", TagRule)):
        yield from ((context, name) for name in model.objects.values_list("name", flat=True))
    views = SavedView.objects.values_list("name", flat=True).distinct().order_by()
    yield from (("view", name) for name in views)
    yield from (("deadline", name) for name, *_ in POLICIES)
    yield from (("role", name) for name in PERMISSIONS)


@pytest.mark.parametrize("language", ["tr", "de"])
def test_every_shipped_name_is_translated(language):
    names = list(shipped())
    assert {name for context, name in names if context == "tag"} == TAGS
    assert {context for context, _ in names} == {
        *("tag", "group of tags", "rule", "view", "deadline", "role")
    }
    with override(language):
        missing = [pair for pair in names if SEPARATOR in gettext(SEPARATOR.join(pair))]
    assert missing == []


@pytest.mark.parametrize("language", ["tr", "de"])
def test_no_two_tags_and_no_two_groups_are_shown_alike(language):
    with override(language):
        chips = load_vocabulary().values()
        assert len({chip.label.casefold() for chip in chips}) == len(chips)
        groups = TagGroup.objects.values_list("name", flat=True)
        assert len({group_label(name).casefold() for name in groups}) == len(groups)
        # The editor of tags lists the names of an option between commas.
        assert [chip.label for chip in chips if "," in chip.label] == []


def test_english_shows_what_is_stored():
    for label in (tag_label, group_label, view_label, rule_label, deadline_label, role_label):
        assert [name for _, name in shipped() if label(name) != name] == []


def test_a_label_leads_back_to_its_name_in_any_case_and_language():
    for label in ("kitap", "KİTAP", "KITAP", " Kitap ", "Bücher", "BÜCHER", "Books"):
        assert shipped_name("tag", label) == "books"
    assert shipped_name("tag", "FALSCHE-GRÖẞE") == "wrong-size"
    assert shipped_name("tag", "acil para iadesi") == shipped_name("tag", "novels") == ""
    assert shipped_name("tag", "#acil para_iadesi", loosely=True) == "urgent-refund"
    assert shipped_name("rule", "kitap") == ""


@pytest.mark.parametrize("kind", ["tag", "group of tags", "view", "rule", "deadline"])
def test_no_label_means_two_entries(kind):
    names = {name for context, name in shipped() if context == kind}
    for language in ("en", "tr", "de"):
        with override(language):
            for name in names:
                assert shipped_name(kind, pgettext(kind, name)) == name
                assert shipped_name(kind, pgettext(kind, name), loosely=True) == name


# Pages


def test_lists_show_labels_and_keep_names_in_data(reader, record):
    page = reader.get(reverse("return-list"), {"tag": "books"}).content.decode()
    assert "kitap" in shown(page)
    assert "Ürün kategorisi" in shown(page)
    assert "books" not in shown(page)
    assert "Product category" not in shown(page)
    for data in (
        'data-tag="books"',
        'name="tag" value="books"',
        'name="missing_group" value="Product category"',
        'data-value="books"',
    ):
        assert data in page


def test_a_return_is_shown_with_labels_wherever_it_is(reader, record, subtests):
    set_up_policies()
    record.taggings.all().delete()
    TagRule.objects.update(is_on=True)
    put_tag(record, "books")
    for address in (
        record.get_absolute_url(),
        reverse("return-card", args=[record.pk]),
        reverse("queue", query={"queue": "to_inspect", "group": "tag"}),
        reverse("queue-handover", query={"state": State.ARRIVED, "group": "tag"}),
        reverse("report", args=["why"], query={"reasons": "Product category"}),
        reverse("report", args=["changes"], query={"reasons": "Product category"}),
        reverse("report", args=["speed"], query={"tag": "books"}),
        reverse("return-export", query={"tag": "books"}),
        reverse("tags"),
        reverse("new-bulk-tagging", query={"id": record.pk}),
        reverse("admin:tags_tag_changelist"),
        reverse("admin:returns_return_change", args=[record.pk]),
    ):
        with subtests.test(address):
            htmx = HTMX if "card" in address else {}
            text = shown(reader.get(address, headers=htmx).content.decode())
            assert "kitap" in text
            assert "books" not in text
            assert "Product category" not in text


def test_reports_choose_by_names_and_show_labels(reader, record):
    page = flat(reader.get(reverse("report", args=["why"])))
    assert '<option value="books">kitap</option>' in page
    assert '<optgroup label="Ürün kategorisi">' in page
    assert "reasons=Product+category" in page


def test_two_tags_with_one_label_are_two_lines_of_a_report(reader, record):
    other = make_tag("kitap", "Product category")
    put_tag(make_return(), other.name)
    page = flat(reader.get(reverse("report", args=["why"], query={"reasons": "Product category"})))
    assert page.count("kitap</span>") >= 2
    assert "tag=books" in page
    assert "tag=kitap" in page


def test_rules_deadlines_and_views_show_labels(reader):
    set_up_policies()
    rules = shown(reader.get(reverse("rules")).content.decode())
    assert "Yolda hasar gören" in rules
    assert "Damaged on the way" not in rules
    rule = TagRule.objects.get(name="Damaged on the way")
    page = reader.get(reverse("rule", args=[rule.pk])).content.decode()
    assert "Yolda hasar gören" in shown(page)
    assert 'value="Damaged on the way"' in page
    deadlines = reader.get(reverse("deadlines")).content.decode()
    assert "Diğer tüm iadeler" in shown(deadlines)
    assert "Everything else" not in shown(deadlines)
    assert "due_under=Everything+else" in deadlines
    views = reader.get(reverse("saved-views")).content.decode()
    assert "Bugün depoya ulaşan" in shown(views)
    assert "Sistem yöneticisi" in shown(views)
    assert "Arrived today" not in shown(views)
    assert 'name="name" value="Arrived today"' in views
    view = SavedView.objects.filter(name="Arrived today", role__name=ADMIN).get()
    tabs = reader.get(reverse("return-list")).content.decode()
    assert "Bugün depoya ulaşan" in shown(tabs)
    SavedView.objects.filter(pk=view.pk).update(is_queue=True)
    queue = reader.get(reverse("queue"), follow=True).content.decode()
    assert "Bugün depoya ulaşan" in shown(queue)


def test_filters_say_labels_of_rules_and_deadlines(reader, record):
    set_up_policies()
    asked = {"rule": "Damaged on the way", "due_under": "Everything else"}
    page = shown(reader.get(reverse("return-list"), asked).content.decode())
    assert "Yolda hasar gören" in page
    assert "Diğer tüm iadeler" in page
    assert "Damaged on the way" not in page
    record.refresh_from_db()
    due = shown(reader.get(record.get_absolute_url()).content.decode())
    assert "Diğer tüm iadeler" in due


def test_roles_are_shown_by_their_labels(reader, make_person):
    agent = make_person("selin", "Customer service")
    Preferences.objects.create(user=agent, language="tr")
    client = Client()
    client.force_login(agent, backend="returns.people.RoleBackend")
    refused = client.get(reverse("new-rule")).content.decode()
    assert "Müşteri hizmetleri" in shown(refused)
    assert "Customer service" not in shown(refused)
    for address in (
        reverse("admin:auth_group_changelist"),
        reverse("admin:auth_user_changelist"),
        reverse("admin:auth_user_change", args=[agent.pk]),
        reverse("admin:auth_group_change", args=[agent.groups.get().pk]),
        reverse("saved-views"),
    ):
        page = shown(reader.get(address).content.decode())
        assert "Müşteri hizmetleri" in page
        assert "Customer service" not in page


# Data


def test_programs_and_files_have_the_stored_names(reader, record):
    secret = issue(ApiToken(name="Shop", scopes=["read"]))
    headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "tr"}
    told = Client().get(reverse("api:returns-with-tag"), headers=headers).json()
    assert told["items"][0]["tag"] == "books"
    tags = json.dumps(Client().get(reverse("api:tags"), headers=headers).json())
    assert '"books"' in tags
    assert '"Product category"' in tags
    file = reader.get(reverse("return-csv"), {"columns": "tags"})
    assert "books" in b"".join(file.streaming_content).decode()


def test_what_is_renamed_is_shown_as_it_was_typed(reader, record):
    tag = Tag.objects.get(name="books")
    tag.name = "Bücher & Hefte"
    editing.save_tag(tag, None)
    page = shown(reader.get(reverse("return-list")).content.decode())
    assert "Bücher &amp; Hefte" in page
    assert "kitap" not in page


def test_a_synonym_is_read_as_it_is_written(reader):
    tag = Tag.objects.get(name="books")
    tag.name = "roman"
    editing.save_tag(tag, None, keep_name=True)
    page = shown(reader.get(reverse("change-tag", args=[tag.pk])).content.decode())
    assert "books" in page


# Texts that are stored


def test_a_stored_text_names_a_tag_in_each_readers_language(reader, record, as_manager):
    reader.post(reverse("return-tags", args=[record.pk]), {"add": "fragile"})
    action = TagAction.objects.latest("pk")
    assert "kırılabilir" in shown(reader.get(reverse("tag-history")).content.decode())
    assert "Added fragile on" in as_manager.get(reverse("tag-history")).content.decode()
    for language, label in (("en", "fragile"), ("tr", "kırılabilir"), ("de", "zerbrechlich")):
        with override(language):
            action.refresh_from_db()
            assert label in str(action.words)


def test_every_change_of_the_vocabulary_is_told_in_labels(manager):
    books, damaged = Tag.objects.get(name="books"), Tag.objects.get(name="damaged")
    group = TagGroup.objects.get(name="Analysis")
    editing.move(books, manager, up=True)
    editing.add_synonym(books, "novels", manager)
    books.group = group
    editing.save_tag(books, manager)
    editing.remove(damaged, manager)
    with override("tr"):
        told = " ".join(str(action.words) for action in actions())
    for label in ("kitap", "hasarlı", "Analiz", "novels"):
        assert label in told
    for name in ("books", "damaged", "Analysis"):
        assert name not in told
    assert snapshot(books)["name"] == "books"


def test_a_rule_that_cannot_run_names_its_tag_to_each_reader(reader):
    rule = TagRule.objects.get(name="Damaged on the way")
    tag = Tag.objects.get(pk=rule.adds[0])
    editing.retire(tag, None, on=True)
    page = shown(reader.get(reverse("rules")).content.decode())
    with override("tr"):
        assert tag.label != tag.name
        assert tag.label in page
    assert f"“{tag.name}”" not in page


def test_a_name_with_a_percent_sign_is_kept():
    text = stored_text("Added %(tag)s on %(record)s.", tag=stored_tag("50%"), record="100%(x)s")
    assert str(text) == "Added 50% on 100%(x)s."


# Typing labels


def test_typing_a_label_tags_with_the_tag_of_that_label(reader, record):
    answer = reader.post(reverse("return-tags", args=[record.pk]), {"add": "Kırılabilir"})
    assert answer.status_code == 303
    assert record.taggings.filter(tag__name="fragile").exists()
    assert not Tag.names.filter(name__iexact="kırılabilir").exists()


def test_the_editor_offers_labels_and_sends_names(reader, record):
    address = reverse("return-tags", args=[record.pk])
    page = flat(reader.get(address, {"at": "row"}, headers=HTMX))
    assert 'data-name="fragile" data-also="kırılabilir"' in page
    assert 'data-group-name="Gruplandırılmamış"' in page
    assert "books" not in shown(page)
    whole = flat(reader.get(address))
    assert '<option value="fragile">kırılabilir</option>' in whole
    near = flat(reader.post(address, {"add": "kırılabilr"}))
    assert 'name="add" value="fragile">kırılabilir</button>' in near


def test_a_word_in_the_search_box_finds_a_tag_by_its_label(reader, record):
    page = flat(reader.get(reverse("return-list"), {"q": "KİTAP"}))
    assert 'href="/returns/?tag=books"' in page


def test_saving_under_the_label_of_a_view_replaces_that_view(manager):
    role = Group.objects.get(name="Warehouse manager")
    view = SavedView.objects.get(name="Arrived today", role=role)
    with override("tr"):
        saved = save_view(manager, view.label, Query.parse("state=Completed"), role)
    assert (saved.pk, saved.name) == (view.pk, "Arrived today")
    assert saved.parameters == {"state": ["Completed"]}


def test_what_is_deleted_and_restored_keeps_its_name(reader):
    view = SavedView.objects.get(name="Arrived today", role__name=ADMIN)
    reader.post(reverse("saved-view", args=[view.pk]), {"action": "delete"})
    deleted = DeletedEntry.objects.get()
    assert deleted.name == "Arrived today"
    answer = reader.post(reverse("restore-entry", args=[deleted.pk]), follow=True)
    assert "“Bugün depoya ulaşan”" in answer.content.decode()
    assert SavedView.objects.filter(name="Arrived today", role__name=ADMIN).exists()
