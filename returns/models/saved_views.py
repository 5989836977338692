"""Filters that people save under a name."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.shipped_names import view_label


class SavedView(models.Model):
    """A named filter of one person, or of everybody with a role.

    ``parameters`` are those of the filter language; tags and tag groups are stored in them by id,
    so that renaming one breaks nothing.
    """

    name = models.CharField(max_length=60)
    parameters = models.JSONField(default=dict, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="saved_views",
    )
    role = models.ForeignKey(
        Group, models.CASCADE, null=True, blank=True, related_name="saved_views"
    )
    position = models.PositiveIntegerField(default=0)
    is_start = models.BooleanField(
        default=False, help_text=_("The start page of its people after they sign in.")
    )
    is_queue = models.BooleanField(
        default=False, help_text=_("Whether it is also shown as a queue.")
    )
    # Anybody with the link can open the view and save a copy.
    token = models.CharField(max_length=40, null=True, unique=True, editable=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "saved view")
        verbose_name_plural = pgettext_lazy("model", "saved views")
        ordering = ["position", "id"]
        permissions = [
            ("share_view", "Can change the saved views of roles"),
            ("start_at_queue", "Starts at the queue unless a view is the start page"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=True) ^ Q(role__isnull=True),
                name="saved_view_is_a_persons_or_a_roles",
            ),
            models.UniqueConstraint(
                Lower("name"), "owner", name="saved_view_of_a_person_has_its_own_name"
            ),
            models.UniqueConstraint(
                Lower("name"), "role", name="saved_view_of_a_role_has_its_own_name"
            ),
            models.UniqueConstraint(
                fields=["owner"], condition=Q(is_start=True), name="person_starts_at_one_view"
            ),
            models.UniqueConstraint(
                fields=["role"], condition=Q(is_start=True), name="role_starts_at_one_view"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """Return the name as its reader knows it."""
        return view_label(self.name)
