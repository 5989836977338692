"""Many taggings at once: added, never removed, save for the lower-ranked of an exclusive group."""

import pytest

from returns.models import ReturnTag
from tags.tagging import Conflict, TagsAdded, add_many
from tests.factories import make_return, make_tag, put_tag

pytestmark = pytest.mark.django_db


def test_each_pair_is_added_once_and_says_who_did_it(vocabulary, agent):
    pairs = [(make_return().pk, make_tag(name).pk) for name in ("books", "fragile")]
    assert add_many(ReturnTag, pairs * 2, by=agent) == TagsAdded(2)
    assert add_many(ReturnTag, pairs) == TagsAdded(0)
    assert set(ReturnTag.objects.values_list("tagged_by", flat=True)) == {agent.pk}


def test_pairs_of_a_missing_record_or_tag_are_left_out(vocabulary):
    record, tag = make_return(), make_tag("books")
    assert add_many(ReturnTag, [(record.pk, 0), (0, tag.pk)]) == TagsAdded(0)


def test_higher_ranked_of_an_exclusive_group_stays(vocabulary):
    record, other = make_return(), make_return()
    put_tag(record, "standard")
    put_tag(other, "urgent-refund")
    vip = make_tag("vip-customer")
    assert add_many(ReturnTag, [(record.pk, vip.pk), (other.pk, vip.pk)]) == TagsAdded(
        1,
        [
            Conflict(record.pk, "vip-customer", "standard"),
            Conflict(other.pk, "urgent-refund", "vip-customer"),
        ],
    )
    assert set(ReturnTag.objects.values_list("tag__name", flat=True)) == {
        "vip-customer",
        "urgent-refund",
    }
