"""The record of a parcel that was sent back, and its tags."""

from typing import ClassVar
from urllib.parse import quote

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Reverse
from django.urls import reverse

from returns.models.changes import changes_of_returns, changes_of_tags
from returns.models.events import (
    BigEvent,
    moments_of_changed,
    moments_of_new,
    return_changed,
    tag_replaced,
)
from returns.models.facts import WORDS
from returns.models.problems import (
    indexes_of_problems,
    shared_by_changed,
    shared_by_deleted,
    shared_by_new,
)
from returns.models.summaries import uncounted_by_tags, uncounted_returns
from returns.querysets import ReturnQuerySet, SearchKey, WordsKey
from tags.models import Tagging

# A browser rewrites the first two before it asks, so no path can carry them; the others are paths
# of their own.
UNREACHABLE_REFERENCES = {".", "..", "export", "facets", "live"}


class State(models.TextChoices):
    """The three states of a return, by the WMS's words and the words on screen."""

    CREATED = "ReturnCreated", "Created"
    ARRIVED = "ArrivedToWarehouse", "Arrived"
    COMPLETED = "Completed", "Completed"


def _search_key(field: str) -> models.GeneratedField:
    return models.GeneratedField(
        expression=SearchKey(F(field)),
        output_field=models.CharField(max_length=400, db_collation="C", null=True),
        db_persist=True,
    )


@pghistory.track(
    pghistory.ManualEvent("changed"),  # type: ignore[no-untyped-call]
    fields=[],
    # By field: the value before and the one after; see ``return_changed``.
    attrs={"changes": models.JSONField(default=dict)},
    model_name="ReturnEvent",
    base_model=BigEvent,
    obj_field=pghistory.ObjForeignKey(related_name="events", db_index=False),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    meta={
        "indexes": [
            models.Index(fields=["pgh_obj", "-pgh_created_at", "-pgh_id"], name="return_timeline")
        ]
    },
)
class Return(models.Model):
    """A return: the record of a parcel that a shopper sent back.

    Fields carry the WMS's own names in snake case. A text that is missing is ``""``. The WMS is
    the authority on them: only the feed writes them, and an admin's correction.
    """

    return_reference_number = models.CharField(WORDS["return_reference_number"], max_length=100)
    sales_order_reference_number = models.CharField(
        WORDS["sales_order_reference_number"], max_length=30, blank=True
    )
    tracking_id = models.CharField(WORDS["tracking_id"], max_length=100, blank=True)
    state = models.CharField(max_length=20, choices=State)
    source = models.CharField(
        max_length=30, default="WMS", help_text="The system that recorded the return."
    )
    cargo_carrier = models.CharField(WORDS["cargo_carrier"], max_length=100, blank=True)
    sales_order_channel = models.CharField(WORDS["sales_order_channel"], max_length=100, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(WORDS["created_at"])
    updated_at = models.DateTimeField(WORDS["updated_at"])
    arrived_to_warehouse_at = models.DateTimeField(
        WORDS["arrived_to_warehouse_at"], null=True, blank=True
    )
    completed_at = models.DateTimeField(WORDS["completed_at"], null=True, blank=True)

    unknown_fields = models.JSONField(
        default=dict, blank=True, help_text="What the WMS sent beyond the fields we know."
    )
    feed_tags = models.TextField(
        blank=True, editable=False, help_text="The tags as the WMS last sent them."
    )
    corrections = models.JSONField(
        default=dict,
        editable=False,
        help_text="By corrected field: what the WMS had sent when an admin corrected it.",
    )

    return_key = _search_key("return_reference_number")
    order_key = _search_key("sales_order_reference_number")
    tracking_key = _search_key("tracking_id")
    notes_key = models.GeneratedField(
        expression=WordsKey(F("notes")),
        output_field=models.TextField(db_collation="C", null=True),
        db_persist=True,
    )

    # Only on returns that were read ``with_tag_ids``.
    tag_ids: list[int]

    objects: ClassVar[ReturnQuerySet] = ReturnQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        permissions = [
            ("tag_return", "Can add and remove tags of returns"),
            ("tag_many_returns", "Can tag up to 100,000 returns at once"),
            ("tag_all_returns", "Can tag any number of returns at once"),
            ("export_all_returns", "Can take any number of returns along"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["return_reference_number"], name="return_reference_is_unique"
            ),
            # Lists walk this index backwards; taggings refer to it to repeat created_at.
            models.UniqueConstraint(fields=["created_at", "id"], name="return_by_creation"),
            models.CheckConstraint(
                condition=~Q(return_reference_number=""), name="return_has_a_reference"
            ),
            models.CheckConstraint(
                condition=Q(state__in=State.values), name="return_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    state=State.CREATED,
                    arrived_to_warehouse_at__isnull=True,
                    completed_at__isnull=True,
                )
                | Q(
                    state=State.ARRIVED,
                    arrived_to_warehouse_at__isnull=False,
                    completed_at__isnull=True,
                )
                | Q(state=State.COMPLETED, completed_at__isnull=False),
                name="return_state_matches_timestamps",
                violation_error_message=(
                    "State and times disagree: Created has neither arrived nor completed, "
                    "Arrived has arrived alone, Completed has completed."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-created_at", "-id"], name="return_by_state"),
            models.Index(fields=["cargo_carrier", "-created_at", "-id"], name="return_by_carrier"),
            models.Index(
                fields=["sales_order_channel", "-created_at", "-id"], name="return_by_channel"
            ),
            # Nearly all are the WMS's own.
            models.Index(
                fields=["source", "-created_at", "-id"],
                condition=~Q(source="WMS"),
                name="return_by_other_source",
            ),
            models.Index(fields=["arrived_to_warehouse_at", "id"], name="return_by_arrival"),
            # The queue of what waits in the warehouse.
            models.Index(
                fields=["arrived_to_warehouse_at", "id"],
                condition=Q(state="ArrivedToWarehouse"),
                name="return_waiting",
            ),
            models.Index(fields=["completed_at", "id"], name="return_by_completion"),
            models.Index(fields=["updated_at", "id"], name="return_by_update"),
            # The id lets a search read its matches from the index alone.
            models.Index(fields=["return_key", "id"], name="return_key_start"),
            models.Index(fields=["order_key", "id"], name="order_key_start"),
            models.Index(fields=["tracking_key", "id"], name="tracking_key_start"),
            models.Index(Reverse("return_key"), name="return_key_end"),
            models.Index(Reverse("order_key"), name="order_key_end"),
            models.Index(Reverse("tracking_key"), name="tracking_key_end"),
            GinIndex(
                fields=["notes_key"], opclasses=["gin_trgm_ops"], name="return_words_of_notes"
            ),
            *indexes_of_problems(),
            # A migration adds return_numbers_middle: parts of all three numbers, by trigrams.
        ]
        triggers = [
            *(return_changed(), moments_of_new(), moments_of_changed()),
            *(shared_by_new(), shared_by_changed(), shared_by_deleted()),
            *changes_of_returns(),
            *uncounted_returns(),
        ]

    def __str__(self) -> str:
        return self.return_reference_number

    def get_absolute_url(self) -> str:
        """Return the path of the return's page, whatever characters its reference holds."""
        reference = self.return_reference_number
        if reference in UNREACHABLE_REFERENCES:
            return reverse("return-list", query={"reference": reference})
        return f"{reverse('return-list')}{quote(reference, safe='')}/"


@pghistory.track(
    pghistory.InsertEvent("tag.added"),
    pghistory.DeleteEvent("tag.removed"),
    fields=["entity", "tag"],
    model_name="ReturnTagEvent",
    base_model=BigEvent,
    obj_field=None,
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    meta={
        "indexes": [
            models.Index(
                fields=["entity", "-pgh_created_at", "-pgh_id"], name="return_tag_timeline"
            ),
            # What rules tagged, for their report.
            models.Index(
                fields=["pgh_created_at"],
                condition=Q(pgh_label="tag.added", pgh_context__has_key="rule"),
                name="tagged_by_a_rule",
            ),
        ]
    },
)
class ReturnTag(Tagging):
    """A tag on a return; see ``tags.models.Tagging``."""

    entity = models.ForeignKey(
        Return, models.CASCADE, related_name="taggings", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entity", "tag"], name="return_has_a_tag_once"),
            models.UniqueConstraint(
                fields=["entity", "slot"],
                condition=~Q(slot=0),
                name="one_tag_of_an_exclusive_group",
                violation_error_message="The return has another tag of this group.",
            ),
        ]
        indexes = [
            models.Index(fields=["tag", "-entity_created_at", "-entity"], name="tag_by_creation"),
            models.Index(fields=["tag", "-tagged_at"], name="tag_by_use"),
        ]
        triggers = [tag_replaced(), *changes_of_tags(), *uncounted_by_tags()]

    # From which on a group may be required.
    stages: ClassVar[dict[str, str]] = {
        State.ARRIVED: "arrived at the warehouse",
        State.COMPLETED: "completed",
    }

    def __str__(self) -> str:
        return f"{self.tag} on {self.entity}"

    @classmethod
    def address_of(cls, **said: str) -> str:
        """Return the path of the list of the returns with a tag, or in a stage without a group."""
        said["state"] = said.pop("stage", "")
        return reverse("return-list", query={name: value for name, value in said.items() if value})
