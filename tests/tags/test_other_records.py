"""Tags tag whatever has taggings: here books, beside returns."""

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import override_settings

from tags.editing import remove
from tags.merging import merge, preview
from tags.models import TagAction
from tags.tagging import add_many, add_tag, remove_tag
from tags.undo import undo
from tags.usage import describe_conflicts, describe_uses, usage_of_tags
from tags.vocabulary import VocabularyError
from tests.factories import make_return, make_tag, put_tag

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]

SLOT_KEY = """
    ALTER TABLE shelf_booktag ADD FOREIGN KEY (tag_id, slot) REFERENCES tags_tag (id, slot)
    ON UPDATE CASCADE
"""


@pytest.fixture
def shelf():
    """Install the app of books, with its tables, for one test."""
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "tests.tags.shelf"]):
        book, tagging = apps.get_model("shelf.Book"), apps.get_model("shelf.BookTag")
        with connection.schema_editor() as editor:
            editor.create_model(book)
            editor.create_model(tagging)
            editor.execute(SLOT_KEY)
        yield book, tagging


def tags_of(record) -> set[str]:
    return set(record.taggings.values_list("tag__name", flat=True))


def test_books_are_tagged_one_by_one_and_many_at_once(shelf, agent):
    book_model, tagging = shelf
    books = [book_model.objects.create(title=title) for title in ("One", "Two")]
    add_tag(books[0], make_tag("fragile"), agent)
    assert str(add_tag(books[0], make_tag("standard"), agent)) == "Added standard."
    assert str(add_tag(books[0], make_tag("high-value"), agent)) == "high-value replaced standard."
    add_many(tagging, [(book.pk, make_tag("books").pk) for book in books], agent)
    remove_tag(books[0], make_tag("fragile"), agent)
    assert [tags_of(book) for book in books] == [{"high-value", "books"}, {"books"}]
    assert books[1].taggings.get().tagged_by == agent


def test_a_merge_and_its_undo_reach_books_and_returns_alike(shelf, manager):
    book_model, tagging = shelf
    book, record = book_model.objects.create(title="One"), make_return()
    add_many(tagging, [(book.pk, make_tag("fragile").pk)])
    put_tag(record, "fragile")
    merged, into = [make_tag("fragile")], make_tag("fragile-item")
    assert preview(merged, into).records == 2
    merge(merged, into, manager)
    assert (tags_of(book), tags_of(record)) == ({"fragile-item"}, {"fragile-item"})
    assert undo(TagAction.objects.get().pk, manager) == (
        "Undone. Tags restored on 1 return. Tags restored on 1 book."
    )
    assert (tags_of(book), tags_of(record)) == ({"fragile"}, {"fragile"})


def test_usage_and_conflicts_name_books(shelf):
    book_model, tagging = shelf
    book = book_model.objects.create(title="War and Peace")
    tags = [make_tag("books"), make_tag("fragile")]
    add_many(tagging, [(book.pk, tag.pk) for tag in tags])
    assert usage_of_tags()[tags[0].pk].total == 1
    assert describe_uses(tags[0]) == "“books” is on 1 book."
    assert describe_conflicts(tags) == "Two tags of this group are on 1 book: War and Peace."
    add_many(tagging, [(book.pk, make_tag("standard").pk)])
    assert (
        "Priority allows only one tag, but another tag of it is on 1 book"
        in preview(tags, make_tag("vip-customer")).conflict
    )
    with pytest.raises(VocabularyError, match="in use"):
        remove(tags[0], None)
