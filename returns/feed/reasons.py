"""Why something was rejected: texts that are stored, and that everybody reads in their language."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from config.stored_texts import StoredText, Value, stored_ntext, stored_text
from config.text import shorten, to_storable_text
from returns.models import ItemState, State
from tags.sentences import joined

# A reason in words of our own; a plain string is one of another program.
type Why = StoredText | str

MAX_REASON = 1_000  # characters
MAX_EXCERPT = 60  # characters of a wrong value
MAX_VALUE = 300  # characters of a value within a reason
ARRIVAL_FIELD, COMPLETION_FIELD = "arrivedToWarehouseAt", "completedAt"


def named(name: Why, why: Why) -> StoredText:
    """Return a reason with what it is about before it."""
    return StoredText("%(name)s: %(why)s", {"name": name, "why": why})


def listed(parts: Iterable[Why], separator: str = "; ") -> Why:
    """Return several texts as one."""
    some = list(parts)
    return some[0] if len(some) == 1 else joined(some, separator)


def followed(why: Why, advice: StoredText) -> StoredText:
    """Return a reason with what to do behind it, as a sentence of its own."""
    return StoredText("%(why)s. %(advice)s", {"why": why, "advice": advice})


def storable(why: Why) -> Why:
    """Return a reason that the database can store: bounded, and without characters it refuses."""
    if not isinstance(why, StoredText):
        return to_storable_text(shorten(why, MAX_REASON))
    return _storable_text(why)


def _storable_text(text: StoredText) -> StoredText:
    return replace(text, values={name: _storable_value(each) for name, each in text.values.items()})


def _storable_value(value: Value) -> Value:
    match value:
        case StoredText():
            return _storable_text(value)
        case str():
            return to_storable_text(shorten(value, MAX_VALUE))
    return value


def quoted(text: str) -> StoredText:
    """Return a text as it stands in a reason: in the quotation marks of the reader's language."""
    # With the escapes of what cannot be seen.
    return stored_text("'%(quoted)s'", quoted=repr(text)[1:-1])


def excerpt(value: object) -> Why:
    """Return a value as it stands in a reason, cut if it is long. Texts alone have marks."""
    if isinstance(value, str):
        return quoted(shorten(value, MAX_EXCERPT))
    return shorten(repr(value), MAX_EXCERPT)


def too_long(count: int, most: int) -> StoredText:
    """Return that a text has too many characters."""
    return stored_ntext(
        "%(count)s character; at most %(most)s are allowed",
        "%(count)s characters; at most %(most)s are allowed",
        count,
        count=count,
        most=most,
    )


def too_many_tags(count: int, most: int) -> StoredText:
    """Return that a return would get too many tags."""
    return stored_ntext(
        "the return would have had %(count)s tag; at most %(most)s are allowed",
        "the return would have had %(count)s tags; at most %(most)s are allowed",
        count,
        count=count,
        most=most,
    )


# States and times that contradict each other. The API's words are data; in files people read ours.


def state_without(state: str, field: str) -> StoredText:
    """Return that a state lacks its time, in the words of the API."""
    return stored_text("%(state)s without %(field)s", state=state, field=field)


def state_with(state: str, field: str) -> StoredText:
    """Return that a state has a time that it cannot have, in the words of the API."""
    return stored_text("%(state)s with %(field)s", state=state, field=field)


def unknown_state(value: Why) -> StoredText:
    """Return that a value is no state, in the words of the API."""
    return stored_text(
        "unknown: %(value)s; use ReturnCreated, ArrivedToWarehouse or Completed", value=value
    )


def unknown_item_state(value: Why, known: Iterable[str]) -> StoredText:
    """Return that a value is none of the known states of line items, in the words of the API."""
    return stored_text(
        "not a state of a line item: %(value)s; known: %(known)s",
        value=value,
        known=", ".join(known),
    )


WITHOUT, WITH = state_without("", "").text, state_with("", "").text
UNKNOWN = unknown_state("").text
UNKNOWN_OF_ITEM = unknown_item_state("", ()).text
KNOWN_OF_ITEM = ", ".join(ItemState.values)
# What the same is called in files: if no column has the time, and if one has it.
IN_FILES = {
    (WITHOUT, State.ARRIVED.value, ARRIVAL_FIELD): (
        stored_text("Arrived without a time of “Arrived”"),
        stored_text("Arrived without %(header)s"),
    ),
    (WITHOUT, State.COMPLETED.value, COMPLETION_FIELD): (
        stored_text("Completed without a time of “Completed”"),
        stored_text("Completed without %(header)s"),
    ),
    (WITH, State.CREATED.value, ARRIVAL_FIELD): (
        stored_text("Created with a time of “Arrived”"),
        stored_text("Created with %(header)s"),
    ),
    (WITH, State.CREATED.value, COMPLETION_FIELD): (
        stored_text("Created with a time of “Completed”"),
        stored_text("Created with %(header)s"),
    ),
    (WITH, State.ARRIVED.value, COMPLETION_FIELD): (
        stored_text("Arrived with a time of “Completed”"),
        stored_text("Arrived with %(header)s"),
    ),
}


def in_words(why: Why, headers: Mapping[str, str]) -> Why:
    """Return a reason in the words of a file: ``headers`` are its columns by their API fields."""
    if not isinstance(why, StoredText):
        return why
    if why.text == UNKNOWN:
        return stored_text("unknown: %(value)s; use Created, Arrived or Completed", **why.values)
    if why.text == UNKNOWN_OF_ITEM:
        return _in_words_of_items(why)
    state, field = (str(why.values.get(name, "")) for name in ("state", "field"))
    if found := IN_FILES.get((why.text, state, field)):
        without_column, with_column = found
        if field in headers:
            return replace(with_column, values={"header": headers[field]})
        return without_column
    return why


def _in_words_of_items(why: StoredText) -> StoredText:
    value = why.values["value"]
    if why.values["known"] == KNOWN_OF_ITEM:
        return stored_text(
            "unknown: %(value)s; use waiting, missing, damaged or undamaged", value=value
        )
    return stored_text(
        "unknown: %(value)s; use “waiting for a decision” or “going back to the shopper”",
        value=value,
    )
