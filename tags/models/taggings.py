"""The abstract model of a tagging. Each kind of record that can be tagged has a concrete one."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from tags.models.vocabulary import Tag


class Tagging(models.Model):
    """A tag on a record, with the time and the person who added it.

    A concrete model adds ``entity``, a foreign key to the record with
    ``related_name="taggings"``. ``entity_created_at`` is a copy of the record's ``created_at``, so
    that an index on (tag, entity_created_at, entity) lists a tag's records, newest first.
    ``tagged_by`` is empty if the tag was not added by a person but by the feed, a file or a rule. A
    concrete model can guard it by the triggers of ``references``.

    ``stages`` maps the stages of a record in which a group can be required to their labels.
    """

    stages: ClassVar[dict[str, str]] = {}

    tag = models.ForeignKey(
        Tag, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    slot = models.BigIntegerField(editable=False)
    entity_created_at = models.DateTimeField(editable=False)
    tagged_at = models.DateTimeField(db_default=Now(), editable=False)
    tagged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        abstract = True

    @classmethod
    def list_path(cls, **_filters: str) -> str:
        """Return the path of the list of matching records, or "" if there is no such list.

        The filters are ``tag``, or ``missing_group`` together with ``stage``.
        """
        return ""
