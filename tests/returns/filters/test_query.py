"""A query is read once: no blanks, no changes."""

import pytest
from django.http import QueryDict

from returns.filters.query import Query

READ = Query.parse("q=+7340+&state=Completed&state=+&tag=books&tag=vip&carrier=")


def test_blank_values_and_blanks_around_values_are_left_out():
    assert READ.urlencode() == "q=7340&state=Completed&tag=books&tag=vip"


def test_reading_again_changes_nothing():
    assert Query.from_querydict(READ) == READ


def test_a_query_cannot_be_changed():
    with pytest.raises(AttributeError):
        READ["q"] = "other"
    with pytest.raises(AttributeError):
        READ.pop("q")


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (READ.without("q", "tag", "unknown"), "state=Completed"),
        (READ.replace(tag="new"), "q=7340&state=Completed&tag=new"),
        (READ.replace(tag=[]), "q=7340&state=Completed"),
        (READ.replace(sort="created"), "q=7340&state=Completed&tag=books&tag=vip&sort=created"),
        (READ.add("tag", "new"), "q=7340&state=Completed&tag=books&tag=vip&tag=new"),
    ],
)
def test_a_change_is_another_query(made, expected):
    assert made.urlencode() == expected
    assert READ.urlencode() == "q=7340&state=Completed&tag=books&tag=vip"


def test_a_path_without_a_query_has_no_question_mark():
    assert Query.from_lists({}).path("/returns/") == "/returns/"
    assert READ.without("state", "tag").path("/returns/") == "/returns/?q=7340"


def test_a_request_is_read_as_it_was_sent():
    assert Query.from_querydict(QueryDict("a=1&b=2&a=3")).urlencode() == "a=1&a=3&b=2"
