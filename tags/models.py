"""Tags, their groups, and the shape of a tagging. Knows nothing of what is tagged."""

import pghistory
from django.conf import settings
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
    foreign key keeps it true.
    """

    group = models.ForeignKey(
        TagGroup, models.PROTECT, related_name="tags", db_constraint=False, db_index=False
    )
    slot = models.BigIntegerField(editable=False)
    name = models.CharField(max_length=50)
    name_key = _name_key(length=200)
    position = models.PositiveSmallIntegerField(default=100)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["group__position", "group__name", "position", "name"]
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
    """

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
