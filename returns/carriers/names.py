# ruff: noqa: S608 - built from our own constants alone
"""The carriers that the texts of returns mean, by which filters, groups and reports fold them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import connection

from returns.database.distinct_values import distinct_values_sql

# So many different texts of returns are folded; beyond that, in their order, each means itself.
MAX_CARRIER_TEXTS = 2_000

KEY_SQL = "coalesce(returns_search_key({text}), {text})"
# The name of the carrier that the column ``value`` means; NULL if it means none.
CARRIER_NAME_SQL = """(
    SELECT name FROM returns_carrier WHERE id = (
        SELECT id FROM returns_carrier WHERE key = {key}
        UNION ALL SELECT carrier_id FROM returns_carrierspelling WHERE key = {key} LIMIT 1
    )
)""".format(key=KEY_SQL.format(text="value"))
# While there are no carriers, returns are read only by who needs all texts.
CARRIER_TEXTS_SQL = f"""
WITH RECURSIVE {
    distinct_values_sql(
        "returns_return",
        "cargo_carrier",
        "cargo_carrier > '' AND (%(whole)s OR EXISTS (SELECT FROM returns_carrier))",
        MAX_CARRIER_TEXTS,
    )
}
SELECT value, TRUE, {CARRIER_NAME_SQL} FROM known
UNION ALL
SELECT value, FALSE, {CARRIER_NAME_SQL} FROM unnest(%(asked)s::text[]) AS asked (value)
"""


@dataclass(frozen=True, slots=True)
class CarrierNames:
    """What texts mean: the name of a carrier, or themselves.

    ``by_text`` has the name of the carrier for each text of a return, in order, and ``asked`` for
    other texts; "" if a text means no carrier.
    """

    by_text: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_cut_short(self) -> bool:
        """Whether returns may have more texts than these."""
        return len(self.by_text) >= MAX_CARRIER_TEXTS

    def name(self, text: str) -> str:
        """Return the name of the carrier that a text means, or the text if it means none."""
        return self.by_text.get(text) or self.asked.get(text) or text

    def names(self) -> list[str]:
        """Return what the texts of returns mean, each name once."""
        return list(dict.fromkeys(map(self.name, self.by_text)))

    def texts(self, text: str) -> list[str]:
        """Return the texts of returns with the same meaning; the text itself if there are none."""
        name = self.name(text)
        return [each for each in self.by_text if self.name(each) == name] or [text]

    def unknown_texts(self) -> list[str]:
        """Return the texts of returns that mean no carrier."""
        return [text for text, name in self.by_text.items() if not name]


# Folds nothing.
NO_CARRIERS = CarrierNames()


def read_carrier_names(asked: Iterable[str] = (), *, whole: bool = False) -> CarrierNames:
    """Return what the texts of returns mean, and ``asked`` ones, in one query.

    Without any carrier, the texts of returns are left out, unless ``whole`` asks for them.
    """
    texts: dict[str, str] = {}
    others: dict[str, str] = {}
    with connection.cursor() as cursor:
        cursor.execute(CARRIER_TEXTS_SQL, {"asked": list(asked), "whole": whole})
        for text, is_of_returns, name in cursor.fetchall():
            (texts if is_of_returns else others)[text] = name or ""
    return CarrierNames(texts, others)
