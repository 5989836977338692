"""What must never be wrong is refused by the database, by the name of the broken rule."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from returns.models import Scan, State
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db


def refused_by(sql: str, *params: object) -> str:
    cursor = connection.cursor()
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        cursor.execute(sql, params)
    return str(refusal.value)


@pytest.mark.parametrize("state", State.values)
@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("completed", [True, False])
def test_state_agrees_with_its_times(state, arrived, completed):
    record = make_return()
    now = timezone.now()
    update = """UPDATE returns_return SET state = %s, arrived_to_warehouse_at = %s,
        completed_at = %s WHERE id = %s"""
    params = (state, now if arrived else None, now if completed else None, record.pk)
    allowed = {
        State.CREATED: not arrived and not completed,
        State.ARRIVED: arrived and not completed,
        State.COMPLETED: completed,
    }
    if allowed[state]:
        with connection.cursor() as cursor:
            cursor.execute(update, params)
            assert cursor.rowcount == 1
    else:
        assert "return_state_matches_timestamps" in refused_by(update, *params)


def test_unknown_state_is_refused():
    record = make_return()
    sql = "UPDATE returns_return SET state = 'Lost' WHERE id = %s"
    message = refused_by(sql, record.pk)
    assert "return_state_is_known" in message or "return_state_matches_timestamps" in message


def test_second_priority_tag_is_refused_by_name(vocabulary):
    record = make_return()
    first = put_tag(record, "urgent-refund")
    other = make_tag("standard")
    message = refused_by(
        """INSERT INTO returns_returntag (tag_id, slot, entity_id, entity_created_at)
        VALUES (%s, %s, %s, %s) ON CONFLICT (entity_id, tag_id) DO NOTHING""",
        other.pk,
        other.slot,
        first.entity_id,
        record.created_at,
    )
    assert "one_tag_of_an_exclusive_group" in message


def test_tagging_with_a_wrong_slot_is_refused(vocabulary):
    record = make_return()
    tag = make_tag("urgent-refund")
    message = refused_by(
        """INSERT INTO returns_returntag (tag_id, slot, entity_id, entity_created_at)
        VALUES (%s, 0, %s, %s)""",
        tag.pk,
        record.pk,
        record.created_at,
    )
    assert "return_tag_slot_is_its_tags" in message


@pytest.mark.parametrize("name", ["WRONG-SIZE", "Wrong-Sıze", "wrong-sİze", "ｗrong-size"])
def test_tag_name_is_unique_whatever_its_case(vocabulary, name):
    make_tag("wrong-size")
    with pytest.raises(IntegrityError, match="tag_name_is_unique"):
        make_tag(name)


@pytest.mark.parametrize("name", ["", " ", "a,b", "a\nb", "a\tb"])
def test_impossible_tag_name_is_refused(vocabulary, name):
    with pytest.raises(IntegrityError, match="tag_name_is_1_to_50_characters_without_comma"):
        make_tag(name)


def test_tagging_follows_the_creation_time_of_its_return(vocabulary):
    record = make_return()
    tagging = put_tag(record, "books")
    record.created_at = timezone.now()
    record.save(update_fields=["created_at"])
    tagging.refresh_from_db()
    assert tagging.entity_created_at == record.created_at


@pytest.mark.parametrize("reason", ["", "  "])
def test_return_is_not_deleted_without_a_reason(admin, reason):
    message = refused_by(
        """INSERT INTO returns_deletedreturn (reference, record_id, reason, deleted_by_id, held)
        VALUES ('Return-1', 1, %s, %s, '{}')""",
        reason,
        admin.pk,
    )
    assert "deleted_return_has_a_reason" in message


def test_a_scan_that_is_stored_twice_is_refused_by_name(make_person):
    person = make_person("scanner")
    scan = Scan.objects.create(person=person, text="1", verdict="unknown")
    message = refused_by(
        """INSERT INTO returns_scan (person_id, token, text, verdict)
        VALUES (%s, %s, '2', 'unknown')""",
        person.pk,
        scan.token,
    )
    assert "scan_is_stored_once" in message


def test_a_lock_that_somebody_holds_is_refused_by_name():
    sql = """INSERT INTO returns_heldlock (holder, what, number, place, process, expires_at)
        VALUES (gen_random_uuid(), 7314, 7, '', '', now())"""
    connection.cursor().execute(sql)
    assert "lock_has_one_holder" in refused_by(sql)
