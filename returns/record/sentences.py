"""Sentences to say or send to a shopper, in their language. Nothing else writes them.

A text has placeholders such as ``{order}``. A part in square brackets is left out if one of its
placeholders has no value, so that no sentence has a gap.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from config.numbers import grouped
from config.text import shorten
from config.versions import require_version, version_of
from returns.display.items import items_summary
from returns.models import Language, Return, ShopperSentence, State
from returns.record.shipped_sentences import MONTH_NAMES, SHIPPED_TEXTS

MAY_CHANGE_SENTENCES = "returns.change_shoppersentence"
MAX_SENTENCE_LENGTH = 600  # characters
# Placeholders with their meanings.
PLACEHOLDERS = {
    "reference": _("the return reference"),
    "order": _("the order reference"),
    "tracking": _("the tracking ID"),
    "carrier": _("the carrier"),
    "items": _("what was in the parcel"),
    "created": _("the day it was created"),
    "arrived": _("the day it arrived"),
    "completed": _("the day it was completed"),
}
# The placeholders that always have a value in a state.
ALWAYS_PRESENT = {
    State.CREATED: {"reference", "created"},
    State.ARRIVED: {"reference", "created", "arrived"},
    State.COMPLETED: {"reference", "created", "completed"},
}
CHANGED_MEANWHILE = _(
    "Somebody changed this sentence meanwhile. Your text is still in the box, theirs is below it. "
    "Save again to replace theirs."
)
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")


class SentenceKey(NamedTuple):
    """The state and the language of a sentence."""

    state: State
    language: Language


@dataclass(frozen=True, slots=True)
class ShopperText:
    """A sentence with the values of a return filled in."""

    language: str
    language_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its placeholders. ``changed`` is the row that replaces the shipped text."""

    state: State
    language: Language
    text: str
    changed: ShopperSentence | None

    @property
    def version(self) -> str:
        """Return a text that differs after each change."""
        return version_of(self.changed.changed_at) if self.changed else ""


@dataclass(frozen=True, slots=True)
class SentenceEntry:
    """A sentence on the page of sentences: the text in its box, an example, and its problems."""

    sentence: Sentence
    typed: str
    example: str
    problems: list[str]


def entries(key: SentenceKey | None, typed: str, problems: list[str]) -> list[SentenceEntry]:
    """Return all sentences with examples; the one at ``key`` with the typed text and problems."""
    examples = {state: _example_return(state) for state in State}
    listed = []
    for sentence in sentences():
        is_typed = (sentence.state, sentence.language) == key
        listed.append(
            SentenceEntry(
                sentence,
                typed=typed if is_typed else sentence.text,
                example=fill(sentence.text, examples[sentence.state], sentence.language),
                problems=problems if is_typed else [],
            )
        )
    return listed


def _example_return(state: State) -> Return:
    """Return the newest return in a state, or an invented one."""
    newest = Return.objects.in_state(state).in_order_of("created_at", descending=True).first()
    now = timezone.now()
    return newest or Return(
        state=state,
        return_reference_number="Return-14844",
        sales_order_reference_number="RSO100490909",
        created_at=now,
        arrived_to_warehouse_at=now,
        completed_at=now,
    )


def sentences() -> list[Sentence]:
    """Return all sentences, by state and language."""
    rows = ShopperSentence.objects.select_related("changed_by")
    changed = {(row.state, row.language): row for row in rows}
    return [_sentence(SentenceKey(*key), changed.get(key)) for key in SHIPPED_TEXTS]


def _sentence(key: SentenceKey, changed: ShopperSentence | None) -> Sentence:
    return Sentence(*key, changed.text if changed else SHIPPED_TEXTS[key], changed)


def shopper_texts(record: Return, first: str) -> list[ShopperText]:
    """Return the text for the shopper in each language, with the language ``first`` first."""
    changed = dict(
        ShopperSentence.objects.filter(state=record.state).values_list("language", "text")
    )
    state = State(record.state)
    shipped = {language: SHIPPED_TEXTS[state, language] for language in Language}
    languages = sorted(Language, key=lambda language: language != first)
    return [
        ShopperText(
            language.value,
            str(language.label),
            fill(changed.get(language, shipped[language]), record, language),
        )
        for language in languages
    ]


def fill(text: str, record: Return, language: Language) -> str:
    """Return the text with the values of a return in place of the placeholders."""
    values = _values(record, language)

    def keep_if_complete(match: re.Match[str]) -> str:
        part = match[1]
        return part if all(values.get(name) for name in PLACEHOLDER.findall(part)) else ""

    complete = OPTIONAL.sub(keep_if_complete, text)
    return PLACEHOLDER.sub(lambda match: values.get(match[1], ""), complete)


def _values(record: Return, language: Language) -> dict[str, str]:
    return {
        "reference": record.return_reference_number,
        "order": record.sales_order_reference_number,
        "tracking": record.tracking_id,
        "carrier": record.cargo_carrier,
        "items": _items(record, language),
        "created": _day(record.created_at, language),
        "arrived": _day(record.arrived_to_warehouse_at, language),
        "completed": _day(record.completed_at, language),
    }


def _items(record: Return, language: Language) -> str:
    """Return what is in the parcel, in the shopper's language."""
    with override(language.value):
        return items_summary(record)


def _day(moment: datetime | None, language: Language) -> str:
    """Format a date in the shopper's language and the warehouse's time zone."""
    if moment is None:
        return ""
    local = timezone.localtime(moment, ZoneInfo(settings.TIME_ZONE))
    dot = "." if language == Language.GERMAN else ""
    return f"{local.day}{dot} {MONTH_NAMES[language][local.month - 1]} {local.year}"


def problems_of(text: str, state: State) -> list[str]:
    """Return a message for each problem of a text."""
    if not text:
        return [gettext("Enter a text.")]
    if len(text) > MAX_SENTENCE_LENGTH:
        return [
            gettext("A sentence can have up to %(most)s characters; this one has %(count)s.")
            % {"most": grouped(MAX_SENTENCE_LENGTH), "count": grouped(len(text))}
        ]
    problems = [_unknown(name) for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS]
    outside = OPTIONAL.sub("", text)
    if set("[]") & set(outside):
        problems.append(gettext("A square bracket is not closed, or is inside another one."))
    if set("{}") & set(PLACEHOLDER.sub("", text)):
        problems.append(gettext("A curly bracket is not closed. Placeholders look like {order}."))
    return problems + [
        gettext(
            "%(placeholder)s may have no value: put it and the words around it in [square "
            "brackets], so that they can be left out."
        )
        % {"placeholder": f"{{{name}}}"}
        for name in dict.fromkeys(PLACEHOLDER.findall(outside))
        if name in PLACEHOLDERS and name not in ALWAYS_PRESENT[state]
    ]


def _unknown(name: str) -> str:
    near = get_close_matches(name, PLACEHOLDERS, n=1, cutoff=0.7)
    values = {"placeholder": f"{{{shorten(name, 40)}}}"}
    if not near:
        return gettext("There is no placeholder %(placeholder)s.") % values
    values["near"] = f"{{{near[0]}}}"
    return gettext("There is no placeholder %(placeholder)s. Did you mean %(near)s?") % values


def change(key: SentenceKey, text: str, version: str, by: User) -> None:
    """Replace the text of a sentence. ``version`` is that of the text that the person saw.

    Raises ``ValidationError`` for a text with problems, and ``ChangedMeanwhileError``.
    """
    text = " ".join(text.split())
    if problems := problems_of(text, key.state):
        raise ValidationError(problems)
    with transaction.atomic():
        _lock(key, version)
        ShopperSentence.objects.update_or_create(
            state=key.state,
            language=key.language,
            defaults={"text": text, "changed_at": timezone.now(), "changed_by": by},
        )


def restore(key: SentenceKey, version: str) -> None:
    """Restore the shipped text of a sentence. Raises ``ChangedMeanwhileError``."""
    with transaction.atomic():
        _lock(key, version)
        ShopperSentence.objects.filter(state=key.state, language=key.language).delete()


def _lock(key: SentenceKey, version: str) -> None:
    """Lock the sentence, and check that it is the one that the person saw."""
    rows = ShopperSentence.objects.select_for_update()
    stored = _sentence(key, rows.filter(state=key.state, language=key.language).first())
    require_version(stored.version, version, str(CHANGED_MEANWHILE))
