"""The bytes of uploaded files, in and out of the database in parts.

As one value they would take several times their size, and the connection would keep that memory.
"""

import io

from django.db import connection, transaction

PART_BYTES = 4_000_000
CREATE_CONTENT = """
    CREATE TEMPORARY TABLE IF NOT EXISTS uploaded_content (content bytea) ON COMMIT DELETE ROWS
"""
SET_CONTENT = "UPDATE returns_upload SET content = u.content FROM uploaded_content u WHERE id = %s"


@transaction.atomic
def store_content(pk: int, content: bytes) -> None:
    """Store the content of an upload."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_CONTENT)
        cursor.execute("TRUNCATE uploaded_content")
        with cursor.copy("COPY uploaded_content FROM STDIN (FORMAT binary)") as copy:
            copy.write_row([content])
        cursor.execute(SET_CONTENT, [pk])


def read_content(pk: int) -> bytes:
    """Return the content of an upload; b"" if it is gone."""
    content, start = io.BytesIO(), 1
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT substring(content FROM %s FOR %s) FROM returns_upload WHERE id = %s",
                [start, PART_BYTES, pk],
            )
            row = cursor.fetchone()
            if not row or not row[0]:
                return content.getvalue()
            content.write(row[0])
            start += PART_BYTES
