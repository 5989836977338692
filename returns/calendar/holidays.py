"""Public holidays by country, from the library ``holidays``, which follows changes of the law.

Islamic holidays are estimates until they are officially announced, so people can correct them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version

import holidays
from django.utils.translation import get_language, gettext
from holidays.constants import HALF_DAY, PUBLIC

from returns.calendar.holiday_names import ESTIMATED, ESTIMATED_SUFFIX, HOLIDAY_NAMES

# Another version of the library may have other holidays.
HOLIDAYS_VERSION = version("holidays")
ENGLISH_LOCALES = ("en_US", "en_GB")
HALF_DAY_NAME_SUFFIXES = (" (from 1pm)", " (saat 13.00'ten)")
# How the library joins the names of holidays on one day.
NAME_SEPARATOR = "; "


@dataclass(frozen=True, slots=True)
class Holiday:
    """A public holiday; on a half-day one, only the afternoon is off, from 13:00."""

    name: str
    is_half: bool


def holidays_of(country: str, year: int) -> Mapping[date, Holiday]:
    """Return the public holidays of a year by day, with English names; empty without a country."""
    return _holidays_of(country, year, ENGLISH_LOCALES)


def named_holidays_of(country: str, year: int) -> Mapping[date, Holiday]:
    """Return the same with names in the language of the page, as far as they are known in it."""
    language = get_language() or ""
    found = _holidays_of(country, year, (language, *ENGLISH_LOCALES))
    if not found or language in _languages_of(country):
        return found
    return {
        day: Holiday(_translated(holiday.name), holiday.is_half) for day, holiday in found.items()
    }


@lru_cache(maxsize=256)
def _holidays_of(country: str, year: int, languages: tuple[str, ...]) -> Mapping[date, Holiday]:
    """Return the holidays with names in the first of the languages that the library has."""
    if not country:
        return {}
    known = _languages_of(country)
    language = next((each for each in languages if each in known), None)
    result: dict[date, Holiday] = {}
    # Full holidays come last, so that they replace half ones.
    for category in (HALF_DAY, PUBLIC):
        if category in holidays.country_holidays(country).supported_categories:
            days = holidays.country_holidays(
                country, years=year, language=language, categories=(category,), expand=False
            )
            for day, name in days.items():
                result[day] = Holiday(_without_hours(name), category == HALF_DAY)
    return result


def _languages_of(country: str) -> tuple[str, ...]:
    return tuple(holidays.country_holidays(country).supported_languages)


def _without_hours(name: str) -> str:
    for suffix in HALF_DAY_NAME_SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _translated(names: str) -> str:
    """Return English names of holidays in the language of the page; unknown ones stay."""
    return NAME_SEPARATOR.join(map(_translated_one, names.split(NAME_SEPARATOR)))


def _translated_one(name: str) -> str:
    bare = _without_hours(name.removesuffix(ESTIMATED_SUFFIX))
    shown = str(HOLIDAY_NAMES[bare]) if bare in HOLIDAY_NAMES else bare
    return gettext(ESTIMATED) % {"holiday": shown} if name.endswith(ESTIMATED_SUFFIX) else shown
