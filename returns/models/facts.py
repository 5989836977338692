"""The facts of the WMS: every field of a return that it sends, each declared once.

The API and its document, the feed, files, the timeline, the list, exports, the page of a return and
the admin are built from these declarations. ``docs/contributing.md`` says how to add one.
"""

from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Kind(IntEnum):
    """The type of a fact. The order is that of form fields and of recorded changes."""

    STATE = 1
    TIME = 2
    TEXT = 3
    # Several lines, kept exactly as sent. The timeline shows that it changed, without the texts.
    PROSE = 4
    # A list of line items; see ``returns.models.line_items``.
    ITEMS = 5


class Absence(Enum):
    """How the API shows a fact that a return does not have."""

    NULL = "null"
    EMPTY = "an empty text"
    OMITTED = "nothing: it is left out"


@dataclass(frozen=True, slots=True, eq=False)  # a hash of its texts would depend on the language
class Fact:
    """A field of a return as the WMS sends it.

    ``column`` is the field of ``Return``; the API's name follows from it. ``verbose_name`` is its
    name on screen, as it is written within a sentence, and ``screen_label`` as a label.
    """

    column: str
    verbose_name: "StrOrPromise"
    _: KW_ONLY
    screen_label: "StrOrPromise | None" = None
    kind: Kind = Kind.TEXT
    # Its column headers in files, separated by commas, besides its API name and the headers of our
    # own files in every language; see ``spelling``.
    spellings: str = ""
    # Whether a record without it is rejected; if not, the value that it gets.
    is_required: bool = False
    default: str = ""
    absence: Absence = Absence.OMITTED
    # The generated column that searches use.
    key: str = ""
    # Whether the timeline shows all of its changes, not only those of its corrections, and what it
    # calls them if not by ``verbose_name``.
    is_tracked: bool = True
    change_verbose_name: "StrOrPromise" = ""
    is_correctable: bool = True
    # For the OpenAPI document: descriptions for answers and for records that are pushed.
    description: str = ""
    feed_description: str = ""
    example: str = ""

    @property
    def api_name(self) -> str:
        """Return its name in the API: ``trackingId`` for ``tracking_id``."""
        return api_name(self.column)

    @property
    def label(self) -> "StrOrPromise":
        """Return its name on screen, capitalised for use as a label, in whatever language."""
        return capfirst(self.verbose_name) if self.screen_label is None else self.screen_label

    @property
    def change_name(self) -> str:
        """Return the name of its change, as it is written within a sentence of the timeline."""
        return str(self.change_verbose_name or self.verbose_name)

    @property
    def is_time(self) -> bool:
        """Tell whether it is a time."""
        return self.kind is Kind.TIME

    @property
    def may_be_missing(self) -> bool:
        """Tell whether a return can lack it."""
        return not (self.is_required or self.default)

    @property
    def is_omitted(self) -> bool:
        """Tell whether the API omits it when a return lacks it."""
        return self.may_be_missing and self.absence is Absence.OMITTED


def api_name(column: str) -> str:
    """Return the API's name of a column: ``trackingId`` for ``tracking_id``."""
    first, *rest = column.split("_")
    return first + "".join(part.title() for part in rest)


# In the order in which the WMS sends them.
FACTS = (
    Fact(
        "source",
        pgettext_lazy("field", "source"),
        screen_label=_("Source"),
        default="WMS",
        spellings="kaynak, quelle",
        is_tracked=False,
        is_correctable=False,
        description="The system that recorded it.",
        feed_description="The system that recorded it; WMS if missing.",
        example="WMS",
    ),
    Fact(
        "return_reference_number",
        pgettext_lazy("field", "return reference"),
        screen_label=_("Return reference"),
        is_required=True,
        spellings="return, return number, return no, return id, return reference, reference, "
        "iade, iade no, iade numarası, iade referansı, iade referans no, "
        "retoure, retourennummer, retouren-nr, rücksendung, rücksendenummer",
        key="return_key",
        is_tracked=False,
        is_correctable=False,
        feed_description="The return; text.",
        example="Return-14844",
    ),
    Fact(
        "sales_order_reference_number",
        pgettext_lazy("field", "order reference"),
        screen_label=_("Order reference"),
        spellings="order, order number, order no, order id, order reference, sales order, "
        "sales order reference, sipariş, sipariş no, sipariş numarası, sipariş referansı, "
        "bestellung, bestellnummer, bestell-nr, auftrag, auftragsnummer, auftrags-nr",
        absence=Absence.NULL,
        key="order_key",
        feed_description="The order; text.",
        example="RSO100490909",
    ),
    Fact(
        "notes",
        pgettext_lazy("field", "notes"),
        screen_label=_("Notes"),
        kind=Kind.PROSE,
        spellings="note, comment, reason text, not, notlar, açıklama, notiz, notizen, bemerkung",
        absence=Absence.EMPTY,
        description="Why it came back; empty if no reason was given.",
    ),
    Fact(
        "state",
        pgettext_lazy("field", "state"),
        screen_label=_("State"),
        kind=Kind.STATE,
        is_required=True,
        spellings="status, durum, durumu, zustand",
    ),
    Fact(
        "tracking_id",
        pgettext_lazy("field", "tracking ID"),
        screen_label=_("Tracking ID"),
        spellings="tracking, tracking number, tracking no, tracking code, takip, takip no, "
        "takip numarası, kargo takip no, kargo takip numarası, "
        "sendungsnummer, sendungs-nr, paketnummer, trackingnummer",
        absence=Absence.NULL,
        key="tracking_key",
        feed_description="The carrier's number; text.",
        example="1201450414625470014100902000010011",
    ),
    Fact(
        "created_at",
        pgettext_lazy("field", "created"),
        screen_label=pgettext_lazy("column", "Created"),
        kind=Kind.TIME,
        is_required=True,
        spellings="created, created on, creation date, created date, oluşturma, oluşturulma, "
        "oluşturma tarihi, oluşturulma tarihi, oluşturma zamanı, kayıt tarihi, "
        "angelegt, angelegt am, erstellt, erstellt am, anlagedatum, erstelldatum",
        change_verbose_name=pgettext_lazy("field", "creation time"),
        feed_description="An ISO 8601 time with a time zone, like all times.",
    ),
    Fact(
        "updated_at",
        pgettext_lazy("field", "last update"),
        screen_label=_("Last update"),
        kind=Kind.TIME,
        is_required=True,
        spellings="updated, updated on, last updated, update date, güncelleme, "
        "güncelleme tarihi, güncellenme tarihi, güncelleme zamanı, son güncelleme, "
        "aktualisiert, aktualisiert am, aktualisierung, letzte aktualisierung, letzte änderung, "
        "geändert am",
        is_tracked=False,
        feed_description="A time. The record with the latest one wins.",
    ),
    Fact(
        "arrived_to_warehouse_at",
        pgettext_lazy("field", "arrived"),
        screen_label=pgettext_lazy("column", "Arrived"),
        kind=Kind.TIME,
        spellings="arrived, arrived at, arrived on, arrival, arrival date, arrived to warehouse, "
        "varış, varış tarihi, depoya varış, depoya varış tarihi, depoya ulaşma, "
        "eingetroffen, eingetroffen am, ankunft, eingang, eingangsdatum, wareneingang",
        absence=Absence.NULL,
        change_verbose_name=pgettext_lazy("field", "arrival time"),
        feed_description="A time; required once it has arrived.",
    ),
    Fact(
        "completed_at",
        pgettext_lazy("field", "completed"),
        screen_label=pgettext_lazy("column", "Completed"),
        kind=Kind.TIME,
        spellings="completed, completed on, completion date, tamamlanma, tamamlanma tarihi, "
        "tamamlandı, abgeschlossen, abgeschlossen am, abschluss, abschlussdatum",
        absence=Absence.NULL,
        change_verbose_name=pgettext_lazy("field", "completion time"),
        feed_description="A time; required once it is completed.",
    ),
    Fact(
        "cargo_carrier",
        pgettext_lazy("field", "carrier"),
        screen_label=_("Carrier"),
        spellings="carrier, cargo, kargo, kargo firması, taşıyıcı, paketdienst, spediteur",
    ),
    Fact(
        "sales_order_channel",
        pgettext_lazy("field", "sales channel"),
        screen_label=_("Sales channel"),
        spellings="channel, sales channel, kanal, satış kanalı, verkaufskanal",
    ),
    Fact(
        "courier_request",
        pgettext_lazy("field", "courier request"),
        screen_label=_("Courier request"),
        spellings="courier, kurye talebi, kurye, abholauftrag",
        description="Whether a courier was asked to fetch the parcel: No, Requested, Success or "
        "Fail.",
        feed_description="No, Requested, Success or Fail; other texts are kept.",
        example="No",
    ),
    Fact(
        "line_items",
        pgettext_lazy("field", "line items"),
        screen_label=_("Line items"),
        kind=Kind.ITEMS,
        is_correctable=False,
        description="What is in the parcel; only in answers about one return, and in those of "
        "`returnsWithLineItems`.",
        feed_description="What is in the parcel. A record without them changes nothing; an empty "
        "list says that there are none.",
    ),
)
LINE_ITEMS = "line_items"
NOTES_COLUMN = "notes"
FACTS_BY_COLUMN = {fact.column: fact for fact in FACTS}
# A time that is further ahead of now is wrong; the clock of the WMS may be a little ahead of ours.
MAX_AHEAD = timedelta(days=1)
# The ``verbose_name`` of each model field.
VERBOSE_NAMES: "dict[str, StrOrPromise]" = {fact.column: fact.verbose_name for fact in FACTS}
FACTS_BY_KIND = tuple(sorted(FACTS, key=lambda fact: fact.kind))
FACTS_REQUIRED_FIRST = tuple(sorted(FACTS, key=lambda fact: 0 if fact.is_required else fact.kind))
# A constraint ties the state to its times, so a correction of one of them covers all.
STATE_COLUMNS = ("state", "arrived_to_warehouse_at", "completed_at")
CORRECTABLE_COLUMNS = (
    *(
        fact.column
        for fact in FACTS_BY_KIND
        if fact.is_correctable and fact.column not in STATE_COLUMNS
    ),
    *STATE_COLUMNS,
)
