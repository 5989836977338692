"""Sentences to say or send to a shopper, in their language. Their only writer.

A text holds placeholders such as ``{order}``. What may be missing stands in brackets, and with
it the bracket is left out, so that no sentence ever has a hole.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from config.text import shorten
from config.versions import check_version, version_of
from returns.models import Language, Return, ShopperSentence, State
from returns.record.shipped_sentences import MONTHS, TEXTS

MAY_CHANGE = "returns.change_shoppersentence"
LONGEST = 600  # characters
# What each placeholder stands for.
PLACEHOLDERS = {
    "reference": "the return reference",
    "order": "the order reference",
    "tracking": "the tracking ID",
    "carrier": "the carrier",
    "created": "the day it was created",
    "arrived": "the day it arrived",
    "completed": "the day it was completed",
}
# Those that a return in the state always has.
NEVER_MISSING = {
    State.CREATED: {"reference", "created"},
    State.ARRIVED: {"reference", "created", "arrived"},
    State.COMPLETED: {"reference", "created", "completed"},
}
WHAT_TO_DO = "Their text stands above; yours is still in the box. Save again to replace theirs."
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence for the shopper of one return."""

    language: str
    language_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text as managers edit it; ``changed`` is the row that replaces the shipped one."""

    state: State
    language: Language
    text: str
    changed: ShopperSentence | None

    @property
    def version(self) -> str:
        """Return what tells one text of this sentence from the next."""
        return version_of(self.changed.changed_at) if self.changed else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A sentence on its page: what is in its box, an example, and what is wrong with it."""

    sentence: Sentence
    typed: str
    example: str
    problems: list[str]


def entries(place: tuple[State, Language] | None, typed: str, problems: list[str]) -> list[Entry]:
    """Return every sentence with an example; at ``place`` what somebody typed, and its problems."""
    records = {state: _example(state) for state in State}
    made = []
    for sentence in sentences():
        here = (sentence.state, sentence.language) == place
        example = fill(sentence.text, records[sentence.state], sentence.language)
        made.append(
            Entry(sentence, typed if here else sentence.text, example, problems if here else [])
        )
    return made


def _example(state: State) -> Return:
    """Return the newest return in the state, or one that could be."""
    found = Return.objects.in_state(state).in_order_of("created_at", descending=True).first()
    now = timezone.now()
    return found or Return(
        state=state,
        return_reference_number="Return-14844",
        sales_order_reference_number="RSO100490909",
        created_at=now,
        arrived_to_warehouse_at=now,
        completed_at=now,
    )


def sentences() -> list[Sentence]:
    """Return every sentence, by state and language."""
    rows = ShopperSentence.objects.select_related("changed_by")
    return [_sentence(place, {(r.state, r.language): r for r in rows}) for place in TEXTS]


def _sentence(
    place: tuple[State, Language], rows: dict[tuple[str, str], ShopperSentence]
) -> Sentence:
    row = rows.get(place)
    return Sentence(*place, row.text if row else TEXTS[place], row)


def said_of(record: Return, first: str) -> list[Said]:
    """Return what to tell the shopper of a return in each language, the ``first`` one first."""
    written = dict(
        ShopperSentence.objects.filter(state=record.state).values_list("language", "text")
    )
    languages = sorted(Language, key=lambda language: language != first)
    return [
        Said(
            language.value,
            str(language.label),
            fill(written.get(language, TEXTS[State(record.state), language]), record, language),
        )
        for language in languages
    ]


def fill(text: str, record: Return, language: Language) -> str:
    """Return the text with the return's numbers and dates in it."""
    values = _values(record, language)

    def optional(match: re.Match[str]) -> str:
        inner = match[1]
        return inner if all(values.get(name) for name in PLACEHOLDER.findall(inner)) else ""

    return PLACEHOLDER.sub(lambda match: values.get(match[1], ""), OPTIONAL.sub(optional, text))


def _values(record: Return, language: Language) -> dict[str, str]:
    return {
        "reference": record.return_reference_number,
        "order": record.sales_order_reference_number,
        "tracking": record.tracking_id,
        "carrier": record.cargo_carrier,
        "created": _day(record.created_at, language),
        "arrived": _day(record.arrived_to_warehouse_at, language),
        "completed": _day(record.completed_at, language),
    }


def _day(moment: datetime | None, language: Language) -> str:
    """Write the day in the shopper's language and the warehouse's zone."""
    if moment is None:
        return ""
    local = timezone.localtime(moment, ZoneInfo(settings.TIME_ZONE))
    dot = "." if language == Language.GERMAN else ""
    return f"{local.day}{dot} {MONTHS[language][local.month - 1]} {local.year}"


def problems_of(text: str, state: State) -> list[str]:
    """Return a sentence for everything that is wrong with a text."""
    if not text:
        return ["Write what to tell the shopper."]
    if len(text) > LONGEST:
        return [f"At most {LONGEST} characters; these are {len(text)}."]
    found = [_unknown(name) for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    outside = OPTIONAL.sub("", text)
    if set("[]") & set(outside):
        found.append("A bracket is opened and not closed, or stands in another one.")
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        found.append("A brace is opened and not closed: placeholders look like {order}.")
    return found + [
        f"{{{name}}} may be missing: put it and its words into [brackets], "
        "which are left out without it."
        for name in dict.fromkeys(PLACEHOLDER.findall(outside))
        if name in PLACEHOLDERS and name not in NEVER_MISSING[state]
    ]


def _unknown(name: str) -> str:
    near = get_close_matches(name, PLACEHOLDERS, n=1, cutoff=0.7)
    hint = f"; did you mean {{{near[0]}}}?" if near else "."
    return f"There is no {{{shorten(name, 40)}}}{hint}"


def change(place: tuple[State, Language], text: str, version: str, by: User) -> None:
    """Replace a sentence. ``version`` is that of the text that the person had before them.

    Raises ``ValidationError`` for a text that is wrong, and ``ChangedMeanwhileError``.
    """
    text = " ".join(text.split())
    if problems := problems_of(text, place[0]):
        raise ValidationError(problems)
    with transaction.atomic():
        _lock(place, version)
        state, language = place
        ShopperSentence.objects.update_or_create(
            state=state,
            language=language,
            defaults={"text": text, "changed_at": timezone.now(), "changed_by": by},
        )


def restore(place: tuple[State, Language], version: str) -> None:
    """Go back to the shipped sentence. Raises ``ChangedMeanwhileError``."""
    with transaction.atomic():
        _lock(place, version)
        state, language = place
        ShopperSentence.objects.filter(state=state, language=language).delete()


def _lock(place: tuple[State, Language], version: str) -> None:
    """Hold the sentence until the end; refuse when it is not the one that the person saw."""
    state, language = place
    rows = ShopperSentence.objects.select_for_update().filter(state=state, language=language)
    row = rows.first()
    stored = _sentence(place, {place: row} if row else {})
    check_version(stored.version, version, "this sentence", WHAT_TO_DO)
