"""What is checked once a statement is refused as by a foreign key, also while others write."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from returns.models import ReturnTag
from tags.models import TagAction, TagActionRow
from tests.database import wait_until_another_waits_for_a_lock
from tests.factories import make_return, put_tag

PERSON, ACTION = "return_tag_names_a_person", "tag_row_has_its_action"


def name_person(pk: int) -> None:
    tagging = put_tag(make_return(), "books")
    ReturnTag.objects.filter(pk=tagging.pk).update(tagged_by_id=pk)


def insert_named(pk: int) -> None:
    put_tag(make_return(), "books", User(pk=pk))


def store_row(pk: int) -> None:
    TagActionRow.objects.create(
        action_id=pk,
        taggings="returns.returntag",
        entity_id=1,
        tag_id=1,
        added=True,
        tagged_at=timezone.now(),
    )


def delete(table: str, pk: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id = %s", [pk])


def make_action(_: str) -> TagAction:
    return TagAction.objects.create(words="tagged")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("write", "rule"), [(name_person, PERSON), (insert_named, PERSON), (store_row, ACTION)]
)
def test_what_is_not_there_cannot_be_referred_to(write, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        write(999_999)


KINDS = pytest.mark.parametrize(
    ("table", "make", "write", "rule"),
    [("auth_user", "make_person", insert_named, PERSON), ("tags_tagaction", "", store_row, ACTION)],
)


@pytest.mark.django_db
@KINDS
def test_what_is_referred_to_cannot_be_deleted(request, table, make, write, rule):
    pk = made(request, make)
    write(pk)
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        delete(table, pk)


@pytest.mark.django_db
def test_the_program_deletes_a_person_whose_tags_stay_and_an_action_with_its_rows(make_person):
    person, action = make_person("one"), make_action("")
    insert_named(person.pk)
    store_row(action.pk)
    User.objects.filter(pk=person.pk).delete()
    action.delete()
    assert ReturnTag.objects.get().tagged_by_id is None
    assert not TagActionRow.objects.exists()


@pytest.mark.django_db(transaction=True)
@KINDS
def test_who_deletes_waits_for_who_refers_and_is_refused(request, table, make, write, rule):
    pk = made(request, make)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            write(pk)
            deleting = meanwhile(pool, lambda: delete(table, pk))
        with pytest.raises(IntegrityError, match=rule):
            deleting.result()


@pytest.mark.django_db(transaction=True)
@KINDS
def test_who_refers_waits_for_who_deletes_and_is_refused(request, table, make, write, rule):
    pk = made(request, make)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            delete(table, pk)
            writing = meanwhile(pool, lambda: write(pk))
        with pytest.raises(IntegrityError, match=rule):
            writing.result()


def made(request, make: str) -> int:
    one = request.getfixturevalue(make) if make else make_action
    return int(one("one").pk)


def meanwhile(pool: ThreadPoolExecutor, work: Callable[[], None]) -> Future[None]:
    """Start the work in another connection, and return once it waits for a lock."""

    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    started = pool.submit(run)
    wait_until_another_waits_for_a_lock()
    return started
