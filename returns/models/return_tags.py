"""The tags of returns."""

from typing import Any, ClassVar

import pghistory
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from returns.models.changes import tag_change_triggers
from returns.models.events import BigEvent, tag_replaced
from returns.models.follow_ups import follow_ups_of_tagged
from returns.models.last_changes import retagged_triggers
from returns.models.outgoing import events_of_tags
from returns.models.returns import Return
from returns.models.states import State
from returns.models.summaries import uncounted_tag_triggers
from tags.models import Tagging
from tags.models.references import refers


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
            # Tags that rules added, for their report.
            models.Index(
                fields=["pgh_created_at"],
                condition=Q(pgh_label="tag.added", pgh_context__has_key="rule"),
                name="tagged_by_a_rule",
            ),
            # What is removed of the timeline once it is old.
            models.Index(
                fields=["pgh_created_at"],
                condition=Q(pgh_label="tag.added") & ~Q(pgh_context__has_key="rule"),
                name="tagged_by_others",
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
        verbose_name = pgettext_lazy("model", "return tag")
        verbose_name_plural = pgettext_lazy("model", "return tags")
        constraints = [
            models.UniqueConstraint(fields=["entity", "tag"], name="return_has_a_tag_once"),
            models.UniqueConstraint(
                fields=["entity", "slot"],
                condition=~Q(slot=0),
                name="one_tag_of_an_exclusive_group",
                violation_error_message=_("The return has another tag of this group."),
            ),
        ]
        indexes = [
            models.Index(fields=["tag", "-entity_created_at", "-entity"], name="tag_by_creation"),
            models.Index(fields=["tag", "-tagged_at"], name="tag_by_use"),
        ]
        triggers = [
            tag_replaced(),
            *tag_change_triggers(),
            *uncounted_tag_triggers(),
            *follow_ups_of_tagged(),
            *events_of_tags(),
            *retagged_triggers(),
            # A migration has its counterpart, on the table of people.
            *refers("tagged_by_id", "auth_user", "return_tag_names_a_person"),
        ]

    # The stages from which a tag group can be required.
    stages: ClassVar[dict[str, Any]] = {
        State.ARRIVED: pgettext_lazy("stage", "arrived at the warehouse"),
        State.COMPLETED: pgettext_lazy("stage", "completed"),
    }

    def __str__(self) -> str:
        return f"{self.tag} on {self.entity}"

    @classmethod
    def list_path(cls, **params: str) -> str:
        """Return the path of the list of returns with a tag, or at a stage and without a group."""
        params["state"] = params.pop("stage", "")
        return reverse(
            "return-list", query={name: value for name, value in params.items() if value}
        )
