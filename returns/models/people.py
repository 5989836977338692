"""Settings that people choose for themselves."""

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from config.triggers import after_update
from returns.models.claims import claims_of_deactivated
from returns.models.sentences import Language


class Density(models.TextChoices):
    """The height of table rows."""

    COMFORTABLE = "comfortable", pgettext_lazy("rows", "Comfortable")
    COMPACT = "compact", pgettext_lazy("rows", "Compact")


class Theme(models.TextChoices):
    """The colours of pages."""

    SYSTEM = "", pgettext_lazy("colours", "As the computer")
    LIGHT = "light", pgettext_lazy("colours", "Light")
    DARK = "dark", pgettext_lazy("colours", "Dark")


class StartPage(models.TextChoices):
    """The page that a person sees first."""

    USUAL = "", gettext_lazy("My start view, or the usual page of my role")
    RETURNS = "return-list", pgettext_lazy("page", "Returns")
    QUEUE = "queue", pgettext_lazy("page", "Queue")
    SCAN = "scan", pgettext_lazy("page", "Scan")
    REPORTS = "reports", pgettext_lazy("page", "Reports")


class Preferences(models.Model):
    """The settings that a person chose for themselves."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        verbose_name=pgettext_lazy("field", "user"),
        primary_key=True,
        related_name="preferences",
    )
    time_zone = models.CharField(
        pgettext_lazy("field", "time zone"),
        max_length=50,
        blank=True,
        help_text=gettext_lazy("Leave empty for warehouse time."),
    )
    language = models.CharField(
        pgettext_lazy("field", "language"),
        max_length=5,
        choices=[("", gettext_lazy("As the browser")), *settings.LANGUAGES],
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("The language of pages, messages and files."),
    )
    density = models.CharField(
        pgettext_lazy("field", "density"),
        max_length=12,
        choices=Density,
        default=Density.COMFORTABLE,
    )
    shopper_language = models.CharField(
        pgettext_lazy("field", "shopper language"),
        max_length=2,
        choices=Language,
        default=Language.TURKISH,
        help_text=gettext_lazy("The language in which sentences for shoppers are shown first."),
    )
    columns = ArrayField(
        models.CharField(max_length=20),
        verbose_name=pgettext_lazy("field", "columns"),
        default=list,
        blank=True,
        help_text=gettext_lazy(
            "The columns of the list, in order. Leave empty for the default ones."
        ),
    )
    theme = models.CharField(
        pgettext_lazy("field", "theme"),
        max_length=5,
        choices=Theme,
        blank=True,
        default=Theme.SYSTEM,
        db_default="",
    )
    start_page = models.CharField(
        pgettext_lazy("field", "start page"),
        max_length=20,
        choices=StartPage,
        blank=True,
        default=StartPage.USUAL,
        db_default="",
    )
    single_keys = models.BooleanField(
        pgettext_lazy("field", "single-key shortcuts"),
        default=True,
        help_text=gettext_lazy("Turns on shortcuts such as j, k, t and x."),
    )
    recent = ArrayField(
        models.BigIntegerField(),
        default=list,
        editable=False,
        help_text="The ids of the returns opened last, the last one first.",
    )
    demo_only = models.BooleanField(
        default=False, editable=False, help_text="Can sign in to the demo's own server only."
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "preferences")
        verbose_name_plural = pgettext_lazy("model", "preferences")

    def __str__(self) -> str:
        return _("Preferences of %(person)s") % {"person": self.user}


class Person(User):
    """The people of Django, with triggers for when one is made inactive or gets a new password.

    They end the sessions at once, however that happened. Who changes their own password is given a
    new session by Django.
    """

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = [
            after_update(
                "deactivated",
                """INSERT INTO returns_deactivation (user_id, at)
                SELECT n.id, clock_timestamp() FROM old_values o JOIN new_values n ON o.id = n.id
                WHERE o.is_active AND NOT n.is_active
                ON CONFLICT (user_id) DO UPDATE SET at = EXCLUDED.at;""",
            ),
            after_update(
                "sessions_ended",
                """DELETE FROM returns_browsersession s
                USING old_values o JOIN new_values n ON o.id = n.id
                WHERE s.person_id = n.id
                AND (o.password <> n.password OR (o.is_active AND NOT n.is_active));""",
            ),
            claims_of_deactivated(),
        ]
