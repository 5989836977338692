"""Public holidays by country, from the library ``holidays``, which follows changes of the law.

Islamic holidays are estimates until they are officially announced, so people can correct them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays
from holidays.constants import HALF_DAY, PUBLIC
from holidays.registry import COUNTRIES as REGISTRY

# Another version of the library may have other holidays.
HOLIDAYS_VERSION = version("holidays")
ENGLISH_LOCALES = ("en_US", "en_GB")
HALF_DAY_NAME_SUFFIX = " (from 1pm)"

# Pairs of code and name, sorted by name.
COUNTRIES = sorted(
    ((codes[1], key.replace("_", " ").title()) for key, codes in REGISTRY.items()),
    key=lambda country: country[1],
)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday; on a half-day one, only the afternoon is off, from 13:00."""

    name: str
    is_half: bool


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> Mapping[date, Holiday]:
    """Return the public holidays of a year by day; empty without a country."""
    if not country:
        return {}
    calendar = holidays.country_holidays(country)
    language = next(
        (each for each in ENGLISH_LOCALES if each in calendar.supported_languages), None
    )
    result: dict[date, Holiday] = {}
    # Full holidays come last, so that they replace half ones.
    for category in (HALF_DAY, PUBLIC):
        if category in calendar.supported_categories:
            days = holidays.country_holidays(
                country, years=year, language=language, categories=(category,), expand=False
            )
            for day, name in days.items():
                is_half = category == HALF_DAY
                result[day] = Holiday(name.removesuffix(HALF_DAY_NAME_SUFFIX), is_half)
    return result
