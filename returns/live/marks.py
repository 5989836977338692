"""The marks of the rows of an open list: the number of comments, and who has claimed the return."""

from collections.abc import Sequence

from django.contrib.auth.models import User
from django.db import connection

# Of each return the number of its comments, or its last claim: whose it is, nobody's if it ended.
MARKS_SQL = """
    SELECT record_id, count(*) FILTER (WHERE deleted_at IS NULL), NULL::json
    FROM returns_comment WHERE record_id = ANY (%(ids)s) GROUP BY record_id
    UNION ALL
    SELECT * FROM (
        SELECT DISTINCT ON (record_id) record_id, NULL::bigint, CASE WHEN ended_at IS NULL THEN
            json_build_object(
                'username', username, 'first_name', first_name, 'last_name', last_name
            )
        END
        FROM returns_claim JOIN auth_user ON auth_user.id = person_id
        WHERE record_id = ANY (%(ids)s)
        ORDER BY record_id, ended_at DESC NULLS FIRST
    ) AS claims
"""


def read_marks(ids: Sequence[int]) -> tuple[dict[int, int], dict[int, User | None]]:
    """Return the number of comments, and the claimants, of these rows by their ids. One query.

    A row is among the numbers if it has, or had, comments, and among the claimants if it is, or
    was, claimed; then nobody is None.
    """
    comments: dict[int, int] = {}
    claims: dict[int, User | None] = {}
    with connection.cursor() as cursor:
        cursor.execute(MARKS_SQL, {"ids": list(ids)})
        for pk, number, names in cursor.fetchall():
            if number is None:
                claims[pk] = User(**names) if names else None
            else:
                comments[pk] = number
    return comments, claims
