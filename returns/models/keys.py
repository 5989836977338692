"""Columns that the database derives from others, so that searches can use an index."""

from django.db import models
from django.db.models import F

from returns.expressions import SearchKey


def search_key_field(field: str) -> models.GeneratedField:
    """Return the column of the search key of a text; NULL where nothing of it can be searched."""
    return models.GeneratedField(
        expression=SearchKey(F(field)),
        output_field=models.CharField(max_length=400, db_collation="C", null=True),
        db_persist=True,
    )
