"""Comments are seen where people look: in lists, on top of the return, and in its preview."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.models import Return
from tests.factories import make_comment, make_return

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(agent):
    """Returns with two comments, with a deleted one, and with none."""
    two, deleted, none = (make_return(name) for name in ("two", "deleted", "none"))
    make_comment(two, agent, "The shopper called.")
    make_comment(two, agent, "Called back, blue shoes.")
    comment = make_comment(deleted, agent, "A slip.")
    comment.deleted_at, comment.deleted_by = timezone.now(), agent
    comment.save()
    return two, deleted, none


@pytest.mark.parametrize(
    ("query", "references"),
    [("yes", {"two"}), ("no", {"deleted", "none"}), ("perhaps", set())],
)
def test_returns_are_found_by_whether_they_have_comments(as_agent, three, query, references):
    rows = as_agent.get("/returns/", {"commented": query}).context["list"].rows
    assert {str(row.record) for row in rows} == references


def test_rows_carry_the_number_of_comments(as_agent, three):
    page = as_agent.get("/returns/").text
    assert page.count('class="commented"') == 1
    assert 'title="2 comments"' in page


@pytest.mark.parametrize("address", ["/returns/two/", "/return/{}/card/"])
def test_the_latest_comment_is_on_top_and_in_the_preview(as_agent, three, address):
    path = address.format(three[0].pk)
    page = as_agent.get(path, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    top = page.text[page.text.index("latest-comment") :][:600]
    assert "Called back, blue shoes." in top
    assert "The shopper called." not in top


def test_a_deleted_comment_is_not_on_top(as_agent, three):
    assert "latest-comment" not in as_agent.get("/returns/deleted/").text


def test_counting_comments_reads_an_index(three):
    """Also for the filter: only a few returns have comments."""
    make_returns = [make_return() for _ in range(30)]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for queryset in (
            Return.objects.with_comment_count()[:10],
            Return.objects.commented(yes=True)[:10],
        ):
            cursor.execute(f"EXPLAIN {queryset.query!s}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "comment_of_return" in plan
    assert len(make_returns) == 30


def test_the_mark_costs_no_query_per_row(as_agent, three, agent):
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            as_agent.get("/returns/")
        return len(caught)

    before = queries()
    for _ in range(5):
        make_comment(make_return(), agent)
    assert queries() == before
