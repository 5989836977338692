"""The facts of the WMS: every field of a return that it sends, each declared once.

The API and its document, the feed and files, the timeline, the list, exports, the page of a return
and the admin follow from here. See ``docs/contributing.md`` for how to add one.
"""

from dataclasses import KW_ONLY, dataclass
from enum import Enum, IntEnum

from django.utils.text import capfirst


class Kind(IntEnum):
    """What a fact holds; the order is that of the fields of forms and of stored changes."""

    STATE = 1
    TIME = 2
    TEXT = 3
    # Several lines: kept as it is written, and its changes are told without the texts.
    PROSE = 4


class Absence(Enum):
    """How the API answers a fact that a return lacks."""

    NULL = "null"
    EMPTY = "an empty text"
    LEFT_OUT = "nothing: it is left out"


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of a return as the WMS sends it.

    ``column`` is the field of ``Return``, from which its name in the API follows; ``word`` is what
    it is called on screen, within a sentence.
    """

    column: str
    word: str
    _: KW_ONLY
    kind: Kind = Kind.TEXT
    # Headers in files that mean it, beside its name, with commas between them; see ``spelling``.
    spellings: str = ""
    # Whether a record without it is rejected, or what it is then.
    is_required: bool = False
    default: str = ""
    absence: Absence = Absence.LEFT_OUT
    # The generated column by which it is searched.
    key: str = ""
    # Whether the timeline tells its changes, and as the change of what, where not of its word.
    is_told: bool = True
    change_word: str = ""
    is_correctable: bool = True
    # For the API's document: what an answer and what a record of the feed has.
    description: str = ""
    feed_description: str = ""
    example: str = ""

    @property
    def api_name(self) -> str:
        """Return its name in the API: ``tracking_id`` is ``trackingId``."""
        return api_name(self.column)

    @property
    def label(self) -> str:
        """Return what stands before its value on screen."""
        return capfirst(self.word)

    @property
    def name_of_change(self) -> str:
        """Return what has changed, within a sentence of the timeline."""
        return self.change_word or self.word

    @property
    def is_time(self) -> bool:
        """Tell whether it holds a time."""
        return self.kind is Kind.TIME

    @property
    def may_be_missing(self) -> bool:
        """Tell whether a return can lack it."""
        return not (self.is_required or self.default)

    @property
    def is_left_out(self) -> bool:
        """Tell whether the API leaves it out where a return lacks it."""
        return self.may_be_missing and self.absence is Absence.LEFT_OUT


def api_name(column: str) -> str:
    """Return the API's name of a column: ``tracking_id`` is ``trackingId``."""
    first, *rest = column.split("_")
    return first + "".join(part.title() for part in rest)


# In the order of the WMS's own answers.
FACTS = (
    Fact(
        "source",
        "source",
        default="WMS",
        spellings="kaynak",
        is_told=False,
        is_correctable=False,
        description="The system that recorded it.",
        feed_description="The system that recorded it, WMS unless said.",
        example="WMS",
    ),
    Fact(
        "return_reference_number",
        "return reference",
        is_required=True,
        spellings="return, return number, return no, return id, return reference, reference, "
        "iade, iade no, iade numarası, iade referansı, iade referans no",
        key="return_key",
        is_told=False,
        is_correctable=False,
        feed_description="The return; text.",
        example="Return-14844",
    ),
    Fact(
        "sales_order_reference_number",
        "order reference",
        spellings="order, order number, order no, order id, order reference, sales order, "
        "sales order reference, sipariş, sipariş no, sipariş numarası, sipariş referansı",
        absence=Absence.NULL,
        key="order_key",
        feed_description="The order; text.",
        example="RSO100490909",
    ),
    Fact(
        "notes",
        "notes",
        kind=Kind.PROSE,
        spellings="note, comment, reason text, not, notlar, açıklama",
        absence=Absence.EMPTY,
        description="Why it came back; empty when nobody said.",
    ),
    Fact(
        "state",
        "state",
        kind=Kind.STATE,
        is_required=True,
        spellings="status, durum, durumu",
    ),
    Fact(
        "tracking_id",
        "tracking ID",
        spellings="tracking, tracking number, tracking no, tracking code, takip, takip no, "
        "takip numarası, kargo takip no, kargo takip numarası",
        absence=Absence.NULL,
        key="tracking_key",
        feed_description="The carrier's number; text.",
        example="1201450414625470014100902000010011",
    ),
    Fact(
        "created_at",
        "created",
        kind=Kind.TIME,
        is_required=True,
        spellings="created, created on, creation date, created date, oluşturma, oluşturulma, "
        "oluşturma tarihi, oluşturulma tarihi, oluşturma zamanı, kayıt tarihi",
        change_word="creation time",
        is_correctable=False,
        feed_description="A time with its zone, ISO 8601, like all times.",
    ),
    Fact(
        "updated_at",
        "last update",
        kind=Kind.TIME,
        is_required=True,
        spellings="updated, updated on, last updated, update date, güncelleme, "
        "güncelleme tarihi, güncellenme tarihi, güncelleme zamanı, son güncelleme",
        is_told=False,
        is_correctable=False,
        feed_description="A time. The record with the latest one wins.",
    ),
    Fact(
        "arrived_to_warehouse_at",
        "arrived",
        kind=Kind.TIME,
        spellings="arrived, arrived at, arrived on, arrival, arrival date, arrived to warehouse, "
        "varış, varış tarihi, depoya varış, depoya varış tarihi, depoya ulaşma",
        absence=Absence.NULL,
        change_word="arrival time",
        feed_description="A time; needed once it has arrived.",
    ),
    Fact(
        "completed_at",
        "completed",
        kind=Kind.TIME,
        spellings="completed, completed on, completion date, tamamlanma, tamamlanma tarihi, "
        "tamamlandı",
        absence=Absence.NULL,
        change_word="completion time",
        feed_description="A time; needed once it is completed.",
    ),
    Fact(
        "cargo_carrier",
        "carrier",
        spellings="carrier, cargo, kargo, kargo firması, taşıyıcı",
    ),
    Fact(
        "sales_order_channel",
        "sales channel",
        spellings="channel, sales channel, kanal, satış kanalı",
    ),
)
BY_COLUMN = {fact.column: fact for fact in FACTS}
# Their names for the model.
WORDS = {fact.column: fact.word for fact in FACTS}
BY_KIND = tuple(sorted(FACTS, key=lambda fact: fact.kind))
REQUIRED_FIRST = tuple(sorted(FACTS, key=lambda fact: 0 if fact.is_required else fact.kind))
# The state and its times agree by a constraint: a correction of one holds on to all of them.
STEPS = ("state", "arrived_to_warehouse_at", "completed_at")
CORRECTABLE = (
    *(fact.column for fact in BY_KIND if fact.is_correctable and fact.column not in STEPS),
    *STEPS,
)
