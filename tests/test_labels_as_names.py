"""A label of what the desk ships is a name of it, in each language, until it is renamed."""

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from returns.deadlines.editing import save_policy
from returns.demo.policies import set_up_policies
from returns.feed.ingest import ingest
from returns.feed.parsing import parse_record
from returns.filters.query import Query
from returns.lists import saved_views
from returns.models import (
    DeadlinePolicy,
    Moment,
    Preferences,
    Return,
    ReturnTag,
    SavedView,
    TagRule,
    Unit,
)
from returns.people.roles import ADMIN
from returns.rules.editing import save_rule
from tags import editing
from tags.models import Tag, TagGroup
from tags.replacing import replace_tags
from tags.sent_names import find_all, find_or_create
from tags.vocabulary import VocabularyError
from tests.factories import make_person, make_return, make_tag
from tests.returns.feed.test_sync import a_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]
LABELS = "KİTAP|Zerbrechlich|#acil para iadesi|Transportschaden"
NAMES = {"books", "fragile", "urgent-refund", "damaged-shipping"}
FILE = f"Return;State;Created;Tags\nR-1;Created;05.01.2026;{LABELS}\nR-2;Created;05.01.2026;Roman\n"


@pytest.fixture
def reader() -> Client:
    """A person who may do everything, in Turkish."""
    person = make_person("okur", ADMIN, is_staff=True)
    Preferences.objects.update_or_create(user=person, defaults={"language": "tr"})
    client = Client()
    client.force_login(person, backend="returns.people.RoleBackend")
    return client


def rename(entry: Tag, name: str, *, keep_name: bool = False) -> None:
    entry.name = name
    editing.save_tag(entry, None, keep_name=keep_name)


def tags_of(reference: str) -> set[str]:
    record = Return.objects.get(return_reference_number=reference)
    return set(record.taggings.values_list("tag__name", flat=True))


# Files, the feed and programs


def test_an_uploaded_file_tags_with_the_tags_of_its_labels(reader):
    before = set(Tag.names.values_list("name", flat=True))
    file = SimpleUploadedFile("returns.csv", FILE.encode())
    page = reader.post("/feed/upload/", {"file": file}, follow=True)
    assert page.context["preview"].unknown_tags == ["Roman"]
    assert set(Tag.names.values_list("name", flat=True)) == before
    reader.post(page.request["PATH_INFO"], follow=True)
    assert tags_of("R-1") == NAMES
    assert set(Tag.names.values_list("name", flat=True)) == before | {"Roman"}


def test_the_feed_and_programs_tag_by_labels_too():
    before = Tag.names.count()
    result = ingest([parse_record(a_record(1, tag="Kitap,bücher,Fragile"))], source="feed")
    assert result.unknown_tags == []
    assert tags_of("Return-00001") == {"books", "fragile"}
    replace_tags(ReturnTag, make_return("R-2").pk, ["KITAP"], program="Shop")
    assert tags_of("R-2") == {"books"}
    assert Tag.names.count() == before


def test_names_and_synonyms_win_over_labels():
    own, fragile = make_tag("kitap"), make_tag("fragile")
    editing.add_synonym(fragile, "vitrin", None)
    Tag.names.filter(name="vitrin").update(name="bücher")
    found = find_all(["Kitap", "BÜCHER"])
    assert found == {"Kitap": own, "BÜCHER": fragile}


def test_a_renamed_tag_has_no_label_any_more():
    books = make_tag("books")
    rename(books, "roman", keep_name=True)
    assert find_all(["kitap", "Books"]) == {"Books": books}
    assert find_or_create(["kitap"])["kitap"].group.name == "Unsorted"
    rename(make_tag("fragile"), "Fragile")  # its case is its own, so it has no label
    assert find_all(["kırılabilir"]) == {}
    assert editing.create_tag("Zerbrechlich", TagGroup.objects.get(name="Analysis"), None)


def test_labels_cost_a_query_only_if_a_file_has_some(django_assert_num_queries):
    with django_assert_num_queries(3):
        find_all(["books", "nothing"])
    with django_assert_num_queries(4):
        find_all(["books", "nothing", "kırılabilir"])


# New entries


@pytest.mark.parametrize("label", ["kitap", "KİTAP", "Bücher"])
def test_no_tag_and_no_synonym_is_called_like_the_label_of_a_tag(reader, label):
    group = TagGroup.objects.get(name="Analysis")
    fragile = Tag.objects.get(name="fragile")
    with override("tr"):
        with pytest.raises(VocabularyError, match="kitap"):
            editing.create_tag(label, group, None)
        with pytest.raises(VocabularyError, match="kitap"):
            editing.add_synonym(fragile, label, None)
        with pytest.raises(VocabularyError, match="kitap"):
            rename(Tag.objects.get(name="fragile"), label)
    asked = {"name": label, "group": group.pk, "position": 100, "anyway": label}
    for address in (reverse("new-tag"), reverse("change-tag", args=[fragile.pk])):
        answer = reader.post(address, asked)
        assert answer.status_code == 422
        assert "kitap" in str(answer.context["form"].errors["name"])
        assert not answer.context["form"].name_to_confirm
    assert not Tag.names.filter(name=label).exists()
    rename(Tag.objects.get(name="books"), "novels")
    assert editing.create_tag(label, group, None).name == label


def test_a_tag_may_get_its_own_label():
    books = make_tag("books")
    editing.add_synonym(books, "Bücher", None)
    rename(books, "kitap")
    assert Tag.objects.get(pk=books.pk).name == "kitap"


def test_a_tag_that_is_called_so_already_keeps_its_name():
    own = make_tag("bücher")
    editing.retire(own, None, on=True)
    rename(own, "Bücher")
    assert Tag.objects.get(pk=own.pk).name == "Bücher"


def test_a_name_similar_to_a_label_must_be_confirmed(reader):
    group = TagGroup.objects.get(name="Analysis")
    asked = {"name": "acil para iadesi", "group": group.pk, "position": 100}
    answer = reader.post(reverse("new-tag"), asked)
    assert answer.context["form"].name_to_confirm == "acil para iadesi"
    assert reader.post(reverse("new-tag"), asked | {"anyway": asked["name"]}).status_code == 302


def test_where_people_tag_a_label_of_any_language_is_known(reader):
    record = make_return("R-1")
    answer = reader.post(reverse("return-tags", args=[record.pk]), {"add": "BÜCHER"})
    assert answer.status_code == 303
    assert tags_of("R-1") == {"books"}


@pytest.mark.parametrize("label", ["öncelik", "Priorität"])
def test_no_group_is_called_like_the_label_of_a_group(reader, label):
    asked = {"name": label, "color": "red", "position": 100}
    analysis = TagGroup.objects.get(name="Analysis")
    for address in (reverse("new-group"), reverse("change-group", args=[analysis.pk])):
        answer = reader.post(address, asked)
        assert answer.status_code == 422
        assert "Öncelik" in str(answer.context["form"].errors["name"])
    with override("de"), pytest.raises(VocabularyError, match="Priorität"):
        editing.save_group(TagGroup(name=label), None)
    priority = TagGroup.objects.get(name="Priority")
    priority.name = "Rank"
    editing.save_group(priority, None)
    assert editing.save_group(TagGroup(name=label), None).pk


def test_no_rule_is_called_like_the_label_of_a_rule():
    parameters = {"notes": ["x"]}
    books, label = make_tag("books"), "Unterwegs beschädigt"

    def rule(name: str) -> TagRule:
        return TagRule(name=name, moment=Moment.CREATED, parameters=parameters)

    other = save_rule(rule("Other"), [books], [])
    other.name = label.upper()
    for each in (rule(label), rule("Damaged on the WAY"), other):
        with override("tr"), pytest.raises(ValidationError, match="“Yolda hasar gören”"):
            save_rule(each, [books], [])
    shipped = TagRule.objects.get(name="Damaged on the way")
    save_rule(shipped, [books], [])
    shipped.name = "Torn"
    save_rule(shipped, [books], [])
    assert save_rule(rule(label), [books], []).pk


def test_no_deadline_is_called_like_the_label_of_a_deadline():
    set_up_policies()

    def policy(name: str) -> DeadlinePolicy:
        return DeadlinePolicy(name=name, amount=1, unit=Unit.HOURS)

    other = save_policy(policy("Other"))
    other.name = "alles ANDERE"
    for each in (policy("Alles andere"), policy("everything ELSE"), other):
        with override("tr"), pytest.raises(ValidationError, match="“Diğer tüm iadeler”"):
            save_policy(each)
    shipped = DeadlinePolicy.objects.get(name="Everything else")
    shipped.name = "Rest"
    save_policy(shipped)
    assert save_policy(policy("Alles andere")).pk


def test_no_view_is_called_like_the_label_of_a_view(reader):
    view = SavedView.objects.get(name="Arrived today", role__name=ADMIN)
    other = SavedView.objects.get(name="Urgent refunds", role__name=ADMIN)
    label = "Heute eingetroffen"
    asked = {"action": "rename", "name": label}
    page = reader.post(reverse("saved-view", args=[other.pk]), asked, follow=True)
    assert "“Bugün depoya ulaşan”" in " ".join(map(str, page.context["messages"]))
    assert SavedView.objects.get(pk=other.pk).name == "Urgent refunds"
    # As under a name that exists, a filter that is saved under a label replaces that view.
    saved = saved_views.save_view(page.wsgi_request.user, label, Query.parse("q=1"), view.role)
    assert (saved.pk, saved.name) == (view.pk, "Arrived today")
    saved_views.rename(view, "Bugün depoya ulaşan")
    saved_views.rename(other, label)
    assert SavedView.objects.get(pk=other.pk).name == label


def test_keeping_a_shared_view_writes_over_no_view_of_that_label(agent, manager):
    own = saved_views.save_view(agent, "Arrived today", Query.parse("q=2"))
    theirs = saved_views.save_view(manager, "Heute eingetroffen", Query.parse("q=1"))
    with override("tr"), pytest.raises(ValidationError, match="“Bugün depoya ulaşan”"):
        saved_views.save_copy(theirs, agent)
    own.refresh_from_db()
    assert own.parameters == {"q": ["2"]}
