"""Carriers: their names, the spellings that mean them, and where their parcels can be tracked."""

from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from config.text import require_visible
from config.triggers import after
from returns.expressions import SearchKey
from returns.models.changes import shown_change_triggers

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

MAX_CARRIER_LENGTH = 100  # as in returns
TRACKING_PLACE = "{tracking}"
# The tracking ID comes from outside, so it may not become part of the host.
HTTPS_ADDRESS = r"^https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:[0-9]{1,5})?[/?]"
ONE_TRACKING_PLACE = r"^[^{}[:space:]]*[{]tracking[}][^{}[:space:]]*$"


def carrier_key(text: Any) -> Coalesce:
    """Return the expression of the key by which spellings of carriers are compared.

    It is the search key of a text; a text without any letter A-Z or digit is its own key.
    """
    return Coalesce(SearchKey(text), text, output_field=models.CharField())


def _key(field: str) -> models.GeneratedField:
    return models.GeneratedField(
        expression=carrier_key(F(field)),
        output_field=models.CharField(max_length=600, db_collation="C"),
        db_persist=True,
    )


def _clarity_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers that refuse a carrier's name as a spelling of another carrier.

    Each waits for the others, so that it sees what another transaction has just written.
    """
    rule = "carrier_name_is_no_spelling_of_another"
    check = f"""
        PERFORM pg_advisory_xact_lock('returns_carrier'::regclass::bigint);
        IF EXISTS (
            SELECT FROM returns_carrier c JOIN returns_carrierspelling s
            ON s.key = c.key AND s.carrier_id <> c.id
        ) THEN
            RAISE unique_violation USING CONSTRAINT = '{rule}',
                MESSAGE = 'a name or a spelling violates the rule "{rule}"';
        END IF;
    """
    return [
        after(pgtrigger.Insert, "clear_inserted", check, new="new_values"),
        after(pgtrigger.Update, "clear_updated", check, new="new_values"),
    ]


class CarrierQuerySet(models.QuerySet["Carrier"]):
    """Carriers by what means them."""

    def meant_by(self, text: str) -> "CarrierQuerySet":
        """Keep the carrier that a text means, by its name or a spelling, if there is one."""
        key = carrier_key(Value(text))
        spellings = CarrierSpelling.objects.filter(carrier=OuterRef("pk"), key=key)
        return self.filter(Q(key=key) | Exists(spellings))


class Carrier(models.Model):
    """A carrier as people know it.

    The WMS may spell it in several ways: its name and its spellings mean it, in any case, with or
    without accents, spaces and signs. ``tracking_address`` is that of the carrier's page about a
    parcel, with ``{tracking}`` in place of the tracking ID, or "".
    """

    name = models.CharField(
        pgettext_lazy("carrier", "name"),
        max_length=MAX_CARRIER_LENGTH,
        validators=[require_visible],
        help_text=_("As filters, groups and reports show it."),
    )
    key = _key("name")
    tracking_address = models.CharField(
        _("tracking address"),
        max_length=500,
        blank=True,
        help_text=_(
            "The carrier’s page about a parcel, with {tracking} where the tracking ID stands. "
            "For example https://carrier.example/track?number={tracking}"
        ),
        validators=[
            RegexValidator(
                HTTPS_ADDRESS,
                _("Enter an address that begins with https:// and the name of the carrier’s site."),
            ),
            RegexValidator(
                ONE_TRACKING_PLACE.replace("[:space:]", r"\s"),
                _(
                    "Write {tracking} once where the tracking ID stands, without spaces or other "
                    "braces."
                ),
            ),
        ],
    )

    objects: ClassVar[CarrierQuerySet] = CarrierQuerySet.as_manager()  # type: ignore[assignment]
    spellings: "RelatedManager[CarrierSpelling]"

    class Meta:
        verbose_name = pgettext_lazy("model", "carrier")
        verbose_name_plural = pgettext_lazy("model", "carriers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="carrier_name_is_unique",
                violation_error_message=_("There is already a carrier with this name."),
            ),
            models.CheckConstraint(
                condition=Q(name__regex=r"[^[:space:]]"), name="carrier_has_a_name"
            ),
            models.CheckConstraint(
                condition=Q(tracking_address="") | Q(tracking_address__regex=HTTPS_ADDRESS),
                name="carrier_tracking_address_is_https",
            ),
            models.CheckConstraint(
                condition=Q(tracking_address="") | Q(tracking_address__regex=ONE_TRACKING_PLACE),
                name="carrier_tracking_address_has_one_place",
            ),
        ]
        triggers = [*_clarity_triggers(), *shown_change_triggers()]

    def __str__(self) -> str:
        return self.name


class CarrierSpelling(models.Model):
    """A spelling that means a carrier besides its name. One spelling means one carrier."""

    carrier = models.ForeignKey(Carrier, models.CASCADE, related_name="spellings")
    text = models.CharField(
        pgettext_lazy("carrier", "spelling"),
        max_length=MAX_CARRIER_LENGTH,
        validators=[require_visible],
    )
    key = _key("text")

    class Meta:
        verbose_name = pgettext_lazy("model", "spelling of a carrier")
        verbose_name_plural = pgettext_lazy("model", "spellings of carriers")
        ordering = ["text", "id"]
        # Who may change a carrier may change its spellings.
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                name="carrier_spelling_means_one_carrier",
                violation_error_message=_("This spelling already means a carrier."),
            ),
            models.CheckConstraint(
                condition=Q(text__regex=r"[^[:space:]]"), name="carrier_spelling_says_something"
            ),
        ]
        triggers = [*_clarity_triggers(), *shown_change_triggers()]

    def __str__(self) -> str:
        return self.text
