"""Changes of the vocabulary and of the tags of records, stored so that they can be undone."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from config.stored_texts import StoredTextField
from tags.models.references import is_referred_to, refers

ROW_HAS_ITS_ACTION = "tag_row_has_its_action"


class TagAction(models.Model):
    """A change of the vocabulary, or of the tags of a record or of many records at once.

    It can be undone for ``DAYS_TO_UNDO`` days. ``words`` describes it for people, and is empty if
    it is a part of something else. ``changes`` holds the changed tags and groups, each before and
    after (see ``EntryChange``). The changed taggings are in ``TagActionRow``. ``permission`` is the
    one to undo a change of a single record; it is empty for all other actions.
    """

    words = StoredTextField()
    changes = models.JSONField(default=list)
    done_at = models.DateTimeField(db_default=Now())
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # The result of undoing it, for people: what was restored and what was left alone.
    undo_words = StoredTextField(blank=True)
    permission = models.CharField(max_length=100, blank=True, db_default="", default="")

    class Meta:
        ordering = ["-done_at", "-id"]
        indexes = [
            models.Index(fields=["-done_at", "-id"], name="tag_action_by_time"),
            models.Index(
                fields=["-done_at", "-id"],
                condition=models.Q(permission=""),
                name="tag_action_of_many",
            ),
            models.Index(fields=["done_by", "-done_at", "-id"], name="tag_action_by_person"),
        ]
        triggers = [is_referred_to("tags_tagactionrow", "action_id", ROW_HAS_ITS_ACTION)]

    def __str__(self) -> str:
        return str(self.words)


class TagActionRow(models.Model):
    """A tagging that an action added or removed, with everything needed to restore it.

    ``taggings`` is the label of the tagging's model, such as "returns.returntag".
    """

    action = models.ForeignKey(
        TagAction, models.CASCADE, related_name="rows", db_constraint=False, db_index=False
    )
    taggings = models.CharField(max_length=60)
    entity_id = models.BigIntegerField()
    tag_id = models.BigIntegerField()
    added = models.BooleanField()
    # Undoing left this tagging alone, because the record had changed since.
    kept = models.BooleanField(default=False)
    tagged_at = models.DateTimeField()
    tagged_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["action", "entity_id"], name="tag_action_row")]
        triggers = refers("action_id", "tags_tagaction", ROW_HAS_ITS_ACTION)

    def __str__(self) -> str:
        return f"{'added' if self.added else 'removed'} {self.tag_id} on {self.entity_id}"


class BulkTagging(models.Model):
    """Tags to add to and remove from many records, in batches, as one action.

    ``entity_ids`` are the records that the preview counted. ``position`` is the number of records
    done; undoing counts it down to 0. ``permission`` allows so many records; it is checked again in
    each step. ``results`` holds the numbers of taggings added, removed and
    replaced, each by tag id.
    """

    class Status(models.TextChoices):
        """The steps of a bulk tagging. ``FAILED`` means that undoing it was not possible."""

        DRAFT = "draft"
        RUNNING = "running"
        DONE = "done"
        UNDOING = "undoing"
        UNDONE = "undone"
        FAILED = "failed"

    taggings = models.CharField(max_length=60)
    entity_ids = ArrayField(models.BigIntegerField())
    adds = ArrayField(models.BigIntegerField(), default=list)
    removes = ArrayField(models.BigIntegerField(), default=list)
    query = models.TextField(blank=True)
    permission = models.CharField(max_length=100, db_default="", default="")
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    position = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)
    # How the matching records changed between the preview and the start, for people.
    changed = StoredTextField(blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    action = models.OneToOneField(TagAction, models.CASCADE, null=True, related_name="bulk")

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                name="bulk_tagging_at_work",
                condition=models.Q(status__in=["running", "undoing"]),
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} bulk tagging {self.pk}"
