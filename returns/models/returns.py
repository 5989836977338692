"""The record of a parcel that was sent back."""

from functools import cache
from typing import ClassVar
from urllib.parse import quote

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Reverse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from returns.expressions import WordsKey
from returns.models.accepted import forgets_accepted
from returns.models.changes import return_change_triggers
from returns.models.claims import claims_of_completed, claims_of_deleted
from returns.models.events import (
    BigEvent,
    moments_of_changed,
    moments_of_new,
    return_changed,
)
from returns.models.facts import VERBOSE_NAMES
from returns.models.follow_ups import follow_ups_of_changed, follow_ups_of_deleted
from returns.models.indexes import (
    many_items_indexes,
    open_group_indexes,
    processing_time_indexes,
)
from returns.models.keys import search_key_field
from returns.models.last_changes import last_change_triggers
from returns.models.line_items import (
    DamagedState,
    ItemState,
    count_column,
    item_indexes,
)
from returns.models.orders import order_request_triggers
from returns.models.outgoing_returns import events_of_changed_returns, events_of_new_returns
from returns.models.problems import (
    problem_indexes,
    shared_by_changed,
    shared_by_deleted,
    shared_by_new,
)
from returns.models.redacted import redaction_constraints
from returns.models.requests import item_request_triggers
from returns.models.retention import index_of_texts
from returns.models.return_items import items_of_changed, items_of_deleted, items_of_new
from returns.models.states import State
from returns.models.summaries import uncounted_return_triggers
from returns.models.values import value_of_changed, value_of_deleted, value_of_new
from returns.querysets import ReturnQuerySet

# Browsers normalise the first two out of a path; the others are paths of other pages.
UNREACHABLE_REFERENCES = {".", "..", "export", "facets", "live"}


@pghistory.track(
    pghistory.ManualEvent("changed"),  # type: ignore[no-untyped-call]
    fields=[],
    # The values before and after, by field; see ``return_changed``.
    attrs={"changes": models.JSONField(default=dict)},
    model_name="ReturnEvent",
    base_model=BigEvent,
    obj_field=pghistory.ObjForeignKey(related_name="events", db_index=False),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    meta={
        "indexes": [
            models.Index(fields=["pgh_obj", "-pgh_created_at", "-pgh_id"], name="return_timeline"),
            models.Index(fields=["pgh_created_at"], name="return_event_by_time"),
            # Few among many events: those of admins.
            models.Index(
                KT("pgh_context__user"),
                F("pgh_created_at").desc(),
                condition=Q(pgh_context__source="correction"),
                name="corrections_by_person",
            ),
        ]
    },
)
class Return(models.Model):
    """A return: the record of a parcel that a shopper sent back.

    Fields have the WMS's names in snake case. A missing text is ``""``. The WMS is the authority on
    them: only the feed writes them, and corrections by admins.
    """

    return_reference_number = models.CharField(
        VERBOSE_NAMES["return_reference_number"], max_length=100
    )
    sales_order_reference_number = models.CharField(
        VERBOSE_NAMES["sales_order_reference_number"], max_length=30, blank=True
    )
    tracking_id = models.CharField(VERBOSE_NAMES["tracking_id"], max_length=100, blank=True)
    state = models.CharField(VERBOSE_NAMES["state"], max_length=20, choices=State)
    source = models.CharField(
        VERBOSE_NAMES["source"],
        max_length=30,
        default="WMS",
        help_text=_("The system that recorded the return."),
    )
    cargo_carrier = models.CharField(VERBOSE_NAMES["cargo_carrier"], max_length=100, blank=True)
    sales_order_channel = models.CharField(
        VERBOSE_NAMES["sales_order_channel"], max_length=100, blank=True
    )
    notes = models.TextField(VERBOSE_NAMES["notes"], blank=True)
    created_at = models.DateTimeField(VERBOSE_NAMES["created_at"])
    updated_at = models.DateTimeField(VERBOSE_NAMES["updated_at"])
    arrived_to_warehouse_at = models.DateTimeField(
        VERBOSE_NAMES["arrived_to_warehouse_at"], null=True, blank=True
    )
    completed_at = models.DateTimeField(VERBOSE_NAMES["completed_at"], null=True, blank=True)

    courier_request = models.CharField(
        VERBOSE_NAMES["courier_request"], max_length=20, blank=True, db_default="", default=""
    )
    # A list of lists, see ``LineItem``; NULL if they are not known.
    line_items = models.JSONField(VERBOSE_NAMES["line_items"], null=True, blank=True)

    unknown_fields = models.JSONField(
        pgettext_lazy("field", "unknown fields"),
        default=dict,
        blank=True,
        help_text=_("Fields that the WMS sent and this program does not know."),
    )
    feed_tags = models.TextField(
        blank=True, editable=False, help_text="The names of all tags that the WMS has sent."
    )
    stamps = models.JSONField(
        db_default={},
        editable=False,
        help_text="How new the record is that a fact is from, if the newest record lacked it.",
    )
    corrections = models.JSONField(
        default=dict,
        editable=False,
        help_text="The value that the WMS had sent before the correction, by field.",
    )
    # Since when its texts are gone: a person redacted it, or they were kept long enough. The feed
    # and corrections do not bring them back.
    redacted_at = models.DateTimeField(null=True, blank=True, editable=False)

    return_key = search_key_field("return_reference_number")
    order_key = search_key_field("sales_order_reference_number")
    tracking_key = search_key_field("tracking_id")
    notes_key = models.GeneratedField(
        expression=WordsKey(F("notes")),
        output_field=models.TextField(db_collation="C", null=True),
        db_persist=True,
    )

    item_count = count_column()
    items_waiting = count_column(state=ItemState.WAITING.value)
    items_missing = count_column(state=ItemState.MISSING.value)
    items_damaged = count_column(state=ItemState.DAMAGED.value)
    items_undamaged = count_column(state=ItemState.UNDAMAGED.value)
    items_undecided = count_column(
        state=ItemState.DAMAGED.value, damaged_state=DamagedState.IN_WAREHOUSE.value
    )

    # Set by ``ReturnQuerySet.with_tag_ids`` only.
    tag_ids: list[int]
    # Set by ``ReturnQuerySet.with_comment_count`` only.
    comment_count: int
    # Set by ``ReturnQuerySet.with_claimant`` only.
    claimant: dict[str, str] | None

    objects: ClassVar[ReturnQuerySet] = ReturnQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = pgettext_lazy("model", "return")
        verbose_name_plural = pgettext_lazy("model", "returns")
        permissions = [
            ("tag_return", "Can add and remove tags of returns"),
            ("tag_many_returns", "Can tag up to 100,000 returns at once"),
            ("tag_all_returns", "Can tag any number of returns at once"),
            ("export_all_returns", "Can export any number of returns"),
            ("redact_return", "Can redact returns and shoppers"),
            ("view_shopper_data", "Can download everything about a shopper"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["return_reference_number"], name="return_reference_is_unique"
            ),
            # Lists read this index backwards; taggings reference it to copy created_at.
            models.UniqueConstraint(fields=["created_at", "id"], name="return_by_creation"),
            models.CheckConstraint(
                condition=~Q(return_reference_number=""), name="return_has_a_reference"
            ),
            *redaction_constraints(),
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
                violation_error_message=_(
                    "State and times do not match: Created has neither time, Arrived has only the "
                    "arrival, Completed has the completion."
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-created_at", "-id"], name="return_by_state"),
            models.Index(fields=["cargo_carrier", "-created_at", "-id"], name="return_by_carrier"),
            models.Index(fields=["cargo_carrier", "id"], name="return_by_carrier_name"),
            models.Index(
                fields=["sales_order_channel", "-created_at", "-id"], name="return_by_channel"
            ),
            # Nearly all returns have the source WMS.
            models.Index(
                fields=["source", "-created_at", "-id"],
                condition=~Q(source="WMS"),
                name="return_by_other_source",
            ),
            models.Index(fields=["arrived_to_warehouse_at", "id"], name="return_by_arrival"),
            # The queue of returns that wait in the warehouse.
            models.Index(
                fields=["arrived_to_warehouse_at", "id"],
                condition=Q(state="ArrivedToWarehouse"),
                name="return_waiting",
            ),
            *open_group_indexes(),
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
            *problem_indexes(),
            *item_indexes(),
            *many_items_indexes(),
            *processing_time_indexes(),
            index_of_texts(),
            # A migration adds return_numbers_middle, a trigram index of all three numbers.
        ]
        triggers = [
            *(return_changed(), moments_of_new(), moments_of_changed()),
            *(shared_by_new(), shared_by_changed(), shared_by_deleted()),
            *(items_of_new(), items_of_changed(), items_of_deleted()),
            *(value_of_new(), value_of_changed(), value_of_deleted()),
            *(claims_of_completed(), claims_of_deleted()),
            *(follow_ups_of_changed(), follow_ups_of_deleted()),
            *(events_of_new_returns(), events_of_changed_returns()),
            *return_change_triggers(),
            *order_request_triggers(),
            *item_request_triggers(),
            *uncounted_return_triggers(),
            *last_change_triggers(),
            forgets_accepted(),
        ]

    def __str__(self) -> str:
        return self.return_reference_number

    def get_absolute_url(self) -> str:
        """Return the path of the return's page, whatever characters its reference contains."""
        reference = self.return_reference_number
        if reference in UNREACHABLE_REFERENCES:
            return reverse("return-list", query={"reference": reference})
        return f"{_list_path()}{quote(reference, safe='')}/"


@cache
def _list_path() -> str:
    return reverse("return-list")
