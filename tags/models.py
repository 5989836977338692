"""Tags, their groups, and the shape of a tagging. Knows nothing of what is tagged."""

from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Now


class NameKey(Func):
    """A name as it is compared: whatever its case, with Turkish ı, I, İ and i as one letter."""

    function = "tags_name_key"
    arity = 1


def _name_key(length: int) -> models.GeneratedField:
    return models.GeneratedField(
        expression=NameKey(F("name")),
        output_field=models.CharField(max_length=length, db_collation="C"),
        db_persist=True,
    )


class Color(models.TextChoices):
    """The colours a group may have; each is a class in the style sheet, for light and dark."""

    ROSE = "rose", "Rose"
    RED = "red", "Red"
    ORANGE = "orange", "Orange"
    GREEN = "green", "Green"
    TEAL = "teal", "Teal"
    BLUE = "blue", "Blue"
    VIOLET = "violet", "Violet"
    GRAY = "gray", "Gray"


class TagGroup(models.Model):
    """Tags that answer the same question, such as why a parcel came back.

    ``slot`` is the group's id when the group is exclusive, otherwise 0. Composite foreign keys
    carry it down to the taggings, where a unique index refuses a second tag of the group.
    """

    name = models.CharField(max_length=50)
    name_key = _name_key(length=200)
    color = models.CharField(max_length=10, choices=Color, default=Color.GRAY)
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Groups are listed in this order, the lowest first."
    )
    exclusive = models.BooleanField(
        default=False, help_text="At most one tag of this group on each record."
    )
    required_when = models.CharField(
        "required when",
        max_length=30,
        blank=True,
        help_text="Records of this stage without a tag of the group have a list of their own.",
    )
    description = models.CharField(
        max_length=200, blank=True, help_text="When to use the tags of this group."
    )
    slot = models.GeneratedField(
        expression=models.Case(models.When(exclusive=True, then=F("id")), default=0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="tag_group_name_is_unique",
                violation_error_message="A group of this name exists.",
            ),
            models.UniqueConstraint(fields=["id", "slot"], name="tag_group_slot"),
        ]

    def __str__(self) -> str:
        return self.name


class TagManager(models.Manager["Tag"]):
    """The tags themselves, without the names that only mean one of them."""

    def get_queryset(self) -> models.QuerySet["Tag"]:
        """Leave synonyms out."""
        return super().get_queryset().filter(synonym_of__isnull=True)


@pghistory.track(
    # What others keep of a tag is its id; this keeps its name when it is deleted.
    pghistory.DeleteEvent("deleted"),
    fields=["name"],
    model_name="TagEvent",
    obj_field=pghistory.ObjForeignKey(related_name="+", db_index=True),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
)
class Tag(models.Model):
    """A label that people put on a record so that others can find, rank and count it.

    ``position`` ranks the tags of a group, the lowest first. ``slot`` repeats the group's; a
    foreign key keeps it true. A retired tag stays on records, and is not offered any more.

    A synonym is a name that means another tag. It has no group and no slot, so the foreign key
    of a tagging cannot refer to it; ``synonym_slot`` repeats the slot of what it means, so that
    it cannot mean another synonym.
    """

    group = models.ForeignKey(
        TagGroup,
        models.PROTECT,
        related_name="tags",
        null=True,
        db_constraint=False,
        db_index=False,
    )
    slot = models.BigIntegerField(editable=False, null=True)
    name = models.CharField(max_length=50)
    name_key = _name_key(length=200)
    position = models.PositiveSmallIntegerField(
        default=100, help_text="Tags of a group are ranked in this order, the lowest first."
    )
    description = models.CharField(max_length=200, blank=True, help_text="When to use this tag.")
    raises = models.BooleanField(
        "urgent",
        default=False,
        db_default=False,
        help_text="Records with this tag come first where people work from the oldest on.",
    )
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    synonym_of = models.ForeignKey(
        "self", models.CASCADE, related_name="+", null=True, editable=False
    )
    synonym_slot = models.BigIntegerField(editable=False, null=True)
    # A synonym whose name is free again: what keeps its id still means the other tag by it.
    is_forgotten = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[models.Manager["Tag"]] = TagManager()
    # Every name: those of the tags, and their synonyms.
    names: ClassVar[models.Manager["Tag"]] = models.Manager()

    class Meta:
        ordering = ["group__position", "group__name", "position", "name"]
        base_manager_name = "names"
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="tag_name_is_unique",
                violation_error_message="A tag of this name exists.",
            ),
            models.UniqueConstraint(fields=["id", "slot"], name="tag_slot"),
            models.CheckConstraint(
                condition=models.Q(name__regex=r"^[^,[:cntrl:]]{1,50}$") & ~models.Q(name_key=""),
                name="tag_name_is_1_to_50_characters_without_comma",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    synonym_of__isnull=True,
                    synonym_slot__isnull=True,
                    group__isnull=False,
                    slot__isnull=False,
                )
                | models.Q(
                    synonym_of__isnull=False,
                    synonym_slot__isnull=False,
                    group__isnull=True,
                    slot__isnull=True,
                ),
                name="tag_has_a_group_or_is_a_synonym",
            ),
        ]
        indexes = [models.Index(fields=["group", "position"], name="tag_of_group")]

    def __str__(self) -> str:
        return self.name


class Tagging(models.Model):
    """One tag on one record: who put it there, and when.

    A concrete tagging adds ``entity``, a foreign key to its record with
    ``related_name="taggings"``. ``entity_created_at`` repeats the record's ``created_at`` so that
    an index on (tag, entity_created_at, entity) lists a tag's records, the newest first.
    ``tagged_by`` is empty when no person did it: the feed, a file, the demo.

    It may name ``stages`` of its records, each with its words, in which a group can be required,
    and where their lists are: ``address_of(tag=...)``, ``address_of(missing_group=..., stage=)``.
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
        db_index=False,
    )

    class Meta:
        abstract = True

    @classmethod
    def address_of(cls, **_said: str) -> str:
        """Return the path of the list of the records that are meant; "" when there is none."""
        return ""


class TagAction(models.Model):
    """Something that a person did to the vocabulary, or to the tags of many records at once.

    It can be undone for ``DAYS_TO_UNDO`` days. ``changes`` holds the rows of the vocabulary, each
    before and after; ``TagActionRow`` the taggings.
    """

    words = models.CharField(max_length=500)
    changes = models.JSONField(default=list)
    done_at = models.DateTimeField(db_default=Now())
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    # What undoing it did, and what it left.
    undo_words = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-done_at", "-id"]
        indexes = [models.Index(fields=["-done_at", "-id"], name="tag_action_by_time")]

    def __str__(self) -> str:
        return self.words


class TagActionRow(models.Model):
    """A tagging that an action added or removed: enough to bring it back as it was.

    ``taggings`` names the model of the tagging, such as "app.model".
    """

    action = models.ForeignKey(TagAction, models.CASCADE, related_name="rows", db_index=False)
    taggings = models.CharField(max_length=60)
    entity_id = models.BigIntegerField()
    tag_id = models.BigIntegerField()
    added = models.BooleanField()
    # Undoing left it: the record had changed since.
    kept = models.BooleanField(default=False)
    tagged_at = models.DateTimeField()
    tagged_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["action", "entity_id"], name="tag_action_row")]

    def __str__(self) -> str:
        return f"{'added' if self.added else 'removed'} {self.tag_id} on {self.entity_id}"


class BulkTagging(models.Model):
    """Tags to add to and to remove from many records, batch by batch, as one action.

    ``entity_ids`` are the records that its preview counted; ``position`` is how many of them are
    done, and while it is undone, how many still are. ``results`` holds, by what was done, how
    many taggings by tag id.
    """

    class Status(models.TextChoices):
        """What becomes of it: it is asked for, it runs, it ends, it is undone, or cannot be."""

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
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    position = models.PositiveIntegerField(default=0)
    results = models.JSONField(default=dict)
    # What has changed between the preview and the start, in words.
    changed = models.CharField(max_length=200, blank=True)
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
