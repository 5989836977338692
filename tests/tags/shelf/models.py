"""A book on a shelf, and its tags."""

from django.db import models
from django.utils import timezone

from tags.models import Tagging


class Book(models.Model):
    """A book."""

    title = models.CharField(max_length=50)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.title


class BookTag(Tagging):
    """A tag on a book."""

    entity = models.ForeignKey(Book, models.CASCADE, related_name="taggings", db_constraint=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["entity", "tag"], name="book_tag_once")]

    def __str__(self) -> str:
        return f"{self.tag} on {self.entity}"
