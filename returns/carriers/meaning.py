"""What single texts mean, whether or not a return has them."""

from collections.abc import Iterable

from django.db import connection

from returns.carriers.names import KEY_SQL
from returns.models import Carrier, CarrierSpelling

KEYS_SQL = f"""
SELECT {KEY_SQL.format(text="value")}
FROM unnest(%s::text[]) WITH ORDINALITY AS given (value, place) ORDER BY place
"""  # noqa: S608 - built from our own constants alone


def carrier_keys(texts: Iterable[str]) -> list[str]:
    """Return the key by which each of these texts is compared, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(KEYS_SQL, [list(texts)])
        return [key for (key,) in cursor.fetchall()]


def carriers_by_key(keys: Iterable[str]) -> dict[str, Carrier]:
    """Return the carriers that have these keys, as a name or a spelling, by key."""
    wanted = list(keys)
    by_key = {each.key: each for each in Carrier.objects.filter(key__in=wanted)}
    spellings = CarrierSpelling.objects.filter(key__in=wanted).select_related("carrier")
    return {each.key: each.carrier for each in spellings} | by_key


def keys_with_the_meaning(text: str) -> list[str]:
    """Return the keys that mean the same carrier as a text; none if it means no carrier."""
    carrier = Carrier.objects.meant_by(text).prefetch_related("spellings").first()
    if carrier is None:
        return []
    return sorted({carrier.key, *(each.key for each in carrier.spellings.all())})


def carrier_name(text: str) -> str:
    """Return the name of the carrier that a text means, or the text if it means none."""
    return Carrier.objects.meant_by(text).values_list("name", flat=True).first() or text
