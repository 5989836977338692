"""Public holidays of countries, from a library that is kept up to date with the laws.

Feasts by the moon are estimates until their year is near: people may know better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays
from holidays.constants import HALF_DAY, PUBLIC
from holidays.registry import COUNTRIES as REGISTRY

# Another version may know other days.
LIBRARY = version("holidays")
ENGLISH = ("en_US", "en_GB")
HALF_DAY_ENDS = " (from 1pm)"

# Code and name, by name.
COUNTRIES = sorted(
    ((codes[1], key.replace("_", " ").title()) for key, codes in REGISTRY.items()),
    key=lambda country: country[1],
)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day off; of a half day only the afternoon, from 13:00 on."""

    name: str
    is_half: bool


@lru_cache(maxsize=256)
def holidays_of(country: str, year: int) -> Mapping[date, Holiday]:
    """Return the public holidays of a year by their day; none without a country."""
    if not country:
        return {}
    known = holidays.country_holidays(country)
    language = next((each for each in ENGLISH if each in known.supported_languages), None)
    found: dict[date, Holiday] = {}
    # Last the whole days: they stand above half ones.
    for category in (HALF_DAY, PUBLIC):
        if category in known.supported_categories:
            days = holidays.country_holidays(
                country, years=year, language=language, categories=(category,), expand=False
            )
            for day, name in days.items():
                is_half = category == HALF_DAY
                found[day] = Holiday(name.removesuffix(HALF_DAY_ENDS), is_half)
    return found
