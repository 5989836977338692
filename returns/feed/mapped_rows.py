"""Rows of foreign files, completed as a column mapping says."""

from collections.abc import Mapping, Sequence
from typing import Any

from config.stored_texts import stored_text
from config.text import to_storable_text
from returns.feed.mappings import BY_DATES, LEFT_OUT, ColumnMapping
from returns.feed.parsing import TIMES_RULED_OUT
from returns.feed.reasons import Why, quoted
from returns.feed.records import API_NAMES, REFERENCE_FIELD, Problem
from returns.feed.spelling import state_for_word, word_key
from returns.models import State


class MappedRows:
    """Completes the values of rows; ``state_at`` is the index of the state column, or None.

    With ``has_items``, a return has several rows, and its state may be in the first of them.
    """

    def __init__(
        self, mapping: ColumnMapping, state_at: int | None, *, has_items: bool = False
    ) -> None:
        self.mapping = mapping
        self.state_at = state_at
        self.has_items = has_items
        self.states = mapping.states_by_key()
        self.fixed = {name: value for name, value in mapping.fixed.items() if value != BY_DATES}

    def complete(self, raw: dict[str, str], cells: Sequence[str], problems: list[Problem]) -> Why:
        """Complete the values of a row, and add what is wrong to ``problems``.

        Returns why the row is left out, if it is.
        """
        raw |= self.fixed
        if self.state_at is not None:
            word = cells[self.state_at] if self.state_at < len(cells) else ""
            word = to_storable_text(word.strip())
            if (state := self._state(word)) == LEFT_OUT:
                return stored_text("“%(word)s” is left out, as the column mapping says", word=word)
            if word or state or not self.has_items:
                raw["state"] = state or word
            if not state and (word or not self.has_items):
                why = stored_text(
                    "the column mapping does not say what %(word)s means", word=quoted(word)
                )
                problems.append(("state", why))
        # One column may be the time of several states.
        for column in TIMES_RULED_OUT.get(raw.get("state", ""), ()):
            raw.pop(API_NAMES[column], None)
        if reference := raw.get(REFERENCE_FIELD):
            raw[REFERENCE_FIELD] = f"{self.mapping.prefix}{reference}"
        return ""

    def complete_state(self, raw: dict[str, Any]) -> None:
        """Set the state, if it follows from the dates; they may be in several rows of a return."""
        if self.mapping.fixed.get("state") == BY_DATES:
            raw["state"] = _state_by_dates(raw)

    def _state(self, word: str) -> str | None:
        state = self.states.get(word_key(word))
        if state is None and (known := state_for_word(word)) in State.values:
            return known
        return state


def _state_by_dates(raw: Mapping[str, Any]) -> str:
    if raw.get(API_NAMES["completed_at"]):
        return State.COMPLETED
    return State.ARRIVED if raw.get(API_NAMES["arrived_to_warehouse_at"]) else State.CREATED
