"""The vocabulary: tag groups, tags and their synonyms."""

from typing import ClassVar

import pghistory
from django.db import models
from django.db.models import F, Func
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from config.shipped_names import group_label, stored_group, stored_tag, tag_label
from config.stored_texts import StoredText
from config.text import require_visible


class NameKey(Func):
    """The key by which names are compared: case is ignored, and Turkish ı, I, İ and i are equal."""

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

    ROSE = "rose", _("Rose")
    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    GREEN = "green", _("Green")
    TEAL = "teal", _("Teal")
    BLUE = "blue", _("Blue")
    VIOLET = "violet", _("Violet")
    GRAY = "gray", _("Gray")


class TagGroup(models.Model):
    """Tags that answer the same question, such as why a parcel was sent back.

    ``slot`` is the group's id if the group is exclusive, otherwise 0. Composite foreign keys copy
    it to the tags and taggings, where a unique index rejects a second tag of the group.
    """

    name = models.CharField(_("name"), max_length=50, validators=[require_visible])
    name_key = _name_key(length=200)
    color = models.CharField(_("color"), max_length=10, choices=Color, default=Color.GRAY)
    position = models.PositiveSmallIntegerField(
        _("position"),
        default=100,
        help_text=_("Groups are listed in this order, the lowest first."),
    )
    exclusive = models.BooleanField(
        _("exclusive"),
        default=False,
        help_text=_("At most one tag of this group on each record."),
    )
    required_when = models.CharField(
        _("required when"),
        max_length=30,
        blank=True,
        help_text=_("Records of this stage without a tag of the group have a list of their own."),
    )
    description = models.CharField(
        _("description"),
        max_length=200,
        blank=True,
        help_text=_("When to use the tags of this group."),
    )
    slot = models.GeneratedField(
        expression=models.Case(models.When(exclusive=True, then=F("id")), default=0),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("tag group")
        verbose_name_plural = _("tag groups")
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="tag_group_name_is_unique",
                violation_error_message=_("A group of this name exists."),
            ),
            models.UniqueConstraint(fields=["id", "slot"], name="tag_group_slot"),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the name as its reader knows it."""
        return group_label(self.name)

    @property
    def stored_name(self) -> StoredText:
        """Return the name for texts that are stored."""
        return stored_group(self.name)


class TagManager(models.Manager["Tag"]):
    """The tags without their synonyms."""

    def get_queryset(self) -> models.QuerySet["Tag"]:
        """Exclude synonyms."""
        return super().get_queryset().filter(synonym_of__isnull=True)


@pghistory.track(
    # Events store only the id of a tag. This keeps the name of a deleted tag for the timeline.
    pghistory.DeleteEvent("deleted"),
    fields=["name"],
    model_name="TagEvent",
    obj_field=pghistory.ObjForeignKey(related_name="+", db_index=True),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
)
class Tag(models.Model):
    """A label that people put on a record so that others can find, rank and count it.

    ``position`` ranks the tags of a group, lowest first. ``slot`` is a copy of the group's slot,
    kept in sync by a foreign key. A retired tag stays on its records but is no longer offered.

    A synonym is another name for a tag. It has no group and no slot, so the foreign key of a
    tagging cannot refer to it. ``synonym_slot`` is a copy of the tag's slot, so the tag cannot be
    a synonym itself.
    """

    group = models.ForeignKey(
        TagGroup,
        models.PROTECT,
        related_name="tags",
        verbose_name=_("group"),
        null=True,
        db_constraint=False,
        db_index=False,
    )
    slot = models.BigIntegerField(editable=False, null=True)
    name = models.CharField(_("name"), max_length=50)
    name_key = _name_key(length=200)
    position = models.PositiveSmallIntegerField(
        _("position"),
        default=100,
        help_text=_("Tags of a group are ranked in this order, the lowest first."),
    )
    description = models.CharField(
        _("description"), max_length=200, blank=True, help_text=_("When to use this tag.")
    )
    raises = models.BooleanField(
        _("urgent"),
        default=False,
        db_default=False,
        help_text=_("Records with this tag come first where people work from the oldest on."),
    )
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True, editable=False)
    synonym_of = models.ForeignKey(
        "self", models.CASCADE, related_name="+", null=True, editable=False
    )
    synonym_slot = models.BigIntegerField(editable=False, null=True)
    # A removed synonym: its name is free again, but stored filters may still refer to its id.
    is_forgotten = models.BooleanField(default=False, db_default=False, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects: ClassVar[models.Manager["Tag"]] = TagManager()
    # Tags and synonyms.
    names: ClassVar[models.Manager["Tag"]] = models.Manager()

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["group__position", "group__name", "position", "name"]
        base_manager_name = "names"
        constraints = [
            models.UniqueConstraint(
                fields=["name_key"],
                name="tag_name_is_unique",
                violation_error_message=_("A tag of this name exists."),
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
        return self.label

    @property
    def label(self) -> str:
        """Return the name as its reader knows it; a synonym is read as it is written."""
        return self.name if self.synonym_of_id else tag_label(self.name)

    @property
    def stored_name(self) -> StoredText | str:
        """Return the name for texts that are stored."""
        return self.name if self.synonym_of_id else stored_tag(self.name)
