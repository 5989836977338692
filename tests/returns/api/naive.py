"""The API's queries evaluated in plain Python over rows in memory, to compare results with."""

from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import and_, eq, ge, gt, le, lt, ne, or_, xor
from urllib.parse import urlencode

from hypothesis import strategies as st

from returns.models import Return, State

TEXTS = {
    "source": "source",
    "returnReferenceNumber": "return_reference_number",
    "salesOrderReferenceNumber": "sales_order_reference_number",
    "notes": "notes",
    "state": "state",
    "trackingId": "tracking_id",
    "cargoCarrier": "cargo_carrier",
    "salesOrderChannel": "sales_order_channel",
}
TIMES = {
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "arrivedToWarehouseAt": "arrived_to_warehouse_at",
    "completedAt": "completed_at",
}
COLUMNS = TEXTS | TIMES
COMPARISONS = {
    "equals": eq,
    "notequal": ne,
    "lessthan": lt,
    "lessthanorequal": le,
    "greaterthan": gt,
    "greaterthanorequal": ge,
    "contains": lambda text, part: part in text,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
WHOLE = ("Equals", "NotEqual", "In", "eq", "ne")
PARTS = ("Contains", "StartsWith", "EndsWith", "cts", "sw", "ew")
MORE_OR_LESS = (
    *("LessThan", "LessThanOrEqual", "GreaterThan", "GreaterThanOrEqual"),
    *("lt", "ltoe", "gt", "gtoe"),
)
LONG = {
    "eq": "equals",
    "ne": "notequal",
    "cts": "contains",
    "sw": "startswith",
    "ew": "endswith",
    "lt": "lessthan",
    "ltoe": "lessthanorequal",
    "gt": "greaterthan",
    "gtoe": "greaterthanorequal",
}
JOINS = {"and": and_, "andalso": and_, "or": or_, "orelse": or_, "xor": xor, "": and_}

START = datetime(2026, 3, 28, 20, 59, 59, 999_990, tzinfo=UTC)
MOMENTS = [START + timedelta(microseconds=5 * n) for n in range(4)]
MOMENTS += [START + timedelta(hours=h) for h in (1, 26, 27, 50)]
LETTERS = "aAbBzZ019 -_%\\'&=+,|iIıİşŞßẞσςΣéÉжЖ😀K\u0301"

# Strategies


def one_of_these(*texts: str) -> st.SearchStrategy[str]:
    """Texts in any letter case."""
    return st.sampled_from(texts).flatmap(
        lambda text: st.sampled_from([text, text.upper(), text.lower(), text.swapcase()])
    )


short_texts = st.one_of(
    st.text(LETTERS, max_size=4), st.sampled_from(["abba", "ABBA", "aB1", "İiIı"])
)
moments = st.sampled_from(MOMENTS)


@st.composite
def records(draw, number: int) -> Return:
    """A return in any state that may be."""
    state = draw(st.sampled_from(State.values))
    later = {"arrived_to_warehouse_at": None, "completed_at": None}
    if state == State.ARRIVED:
        later["arrived_to_warehouse_at"] = draw(moments)
    if state == State.COMPLETED:
        later = {
            "arrived_to_warehouse_at": draw(st.none() | moments),
            "completed_at": draw(moments),
        }
    return Return(
        pk=1_000_000 + number,
        return_reference_number=f"{number}{draw(short_texts)}",
        state=state,
        **{name: draw(short_texts) for name in TEXTS.values() if name not in OWN},
        **{name: draw(moments) for name in ("created_at", "updated_at")},
        **later,
    )


OWN = {"state", "return_reference_number"}
rows = st.integers(4, 8).flatmap(lambda n: st.tuples(*(records(number) for number in range(n))))


@st.composite
def triples(draw, held_rows) -> tuple[str, str, str]:
    """An operator, a property and a value that are worth trying on these rows."""
    name = draw(st.sampled_from([*COLUMNS, "notes", "trackingId", "salesOrderReferenceNumber"]))
    of_time = name in TIMES
    operator = draw(one_of_these(*WHOLE, *MORE_OR_LESS, *(() if of_time else PARTS)))
    value = draw(values_of(name, operator, held_rows))
    if long(operator) == "in":
        value = ",".join([value, *draw(st.lists(values_of(name, operator, held_rows), max_size=2))])
    option = draw(st.sampled_from(["", "", "", ",cs", ",CS"]))
    join = draw(st.sampled_from(["", "|OrElse", "|AndAlso", "|or", "|AND", "|Xor", "|xOR"]))
    return operator + join, draw(one_of_these(name)) + option, value


def long(operator: str) -> str:
    return LONG.get(operator.lower(), operator.lower())


def values_of(name: str, operator: str, held_rows) -> st.SearchStrategy[str]:
    """Values of rows, parts of them and other values; null where it is allowed."""
    is_whole = long(operator) in {"in", "equals", "notequal"}
    if name in TIMES:
        held = [moment for row in held_rows if (moment := getattr(row, TIMES[name]))]
        candidates = st.sampled_from(held or MOMENTS).map(datetime.isoformat)
    elif name == "state" and is_whole:
        candidates = one_of_these(*State.values)
    else:
        held = [getattr(row, TEXTS[name]) for row in held_rows]
        parts = {text[i:j] for text in held for i in range(3) for j in (i + 2, len(text))}
        candidates = short_texts | one_of_these(*(parts | set(held) | {"a"}))
    candidates = candidates.filter(lambda text: text.strip().lower() != "null")
    return candidates | st.just("null") if is_whole else candidates


@st.composite
def sorts(draw) -> str:
    name = draw(one_of_these(*COLUMNS))
    direction = draw(st.sampled_from(["", ",asc", ",desc", ",DESC"]))
    return name + direction + draw(st.sampled_from(["", ",cs"]))


@st.composite
def queries(draw):
    """Rows, triples and sorts."""
    drawn_rows = draw(rows)
    drawn_triples = draw(st.lists(triples(drawn_rows), min_size=1, max_size=4))
    return drawn_rows, drawn_triples, draw(st.lists(sorts(), max_size=3))


def as_dqb(triples_, sorted_by=()) -> str:
    pairs = [pair for triple in triples_ for pair in zip("opv", triple, strict=True)]
    return urlencode([*pairs, *(("s", each) for each in sorted_by)])


# Evaluation


def folded(text: str) -> str:
    """Return a text in lower case, letter by letter; Turkish i are all equal, and so are sigmas."""
    one = {"İ": "i", "I": "i", "ı": "i", "Σ": "σ", "ς": "σ"}
    return "".join(one.get(letter) or letter.lower() for letter in text)


def named(name: str) -> str:
    return next(known for known in COLUMNS if known.lower() == name.lower())


def holds(row: Return, triple: tuple[str, str, str]) -> bool:
    operator = long(triple[0].partition("|")[0])
    name, _, option = triple[1].partition(",")
    name = named(name)
    held = getattr(row, COLUMNS[name])
    values = triple[2].split(",") if operator == "in" else [triple[2]]
    compare = COMPARISONS["equals" if operator == "in" else operator]
    read = _time if name in TIMES else _text_with_case if option else _text
    return any(_compared(compare, operator, read(held), read(value)) for value in values)


def _compared(compare, operator, held, value) -> bool:
    if None in (held, value) and operator not in {"in", "equals", "notequal"}:
        return False
    return compare(held, value)


def _time(value):
    if value in (None, "null"):
        return None
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _text_with_case(value: str) -> str:
    return "" if value == "null" else value


def _text(value: str) -> str:
    return folded(_text_with_case(value))


def matches(rows, triples_) -> list[Return]:
    """Return the rows that match the triples, joined from left to right."""
    return [row for row in rows if _all(row, triples_)]


def _all(row: Return, triples_) -> bool:
    if not triples_:
        return True
    result = holds(row, triples_[0])
    for before, triple in pairwise(triples_):
        join = before[0].partition("|")[2].lower()
        result = JOINS[join](result, holds(row, triple))
    return result


def in_order(rows, sorted_by) -> list[Return]:
    """Return the rows in order: missing times last, ties by primary key in the last direction."""
    if not sorted_by:
        return sorted(rows, key=lambda row: (row.created_at, row.pk), reverse=True)
    ordered = sorted(rows, key=lambda row: row.pk, reverse=_is_descending(sorted_by[-1]))
    return reduce(_sorted, reversed(sorted_by), ordered)


def _is_descending(sort: str) -> bool:
    return "desc" in sort.lower().split(",")


def _sorted(rows, sort: str) -> list[Return]:
    name = named(sort.partition(",")[0])
    read = str if "cs" in sort.lower().split(",") else folded
    values = {row.pk: getattr(row, COLUMNS[name]) for row in rows}
    present = [row for row in rows if values[row.pk] is not None]
    missing = [row for row in rows if values[row.pk] is None]
    key = values.get if name in TIMES else lambda pk: read(values[pk])
    return [
        *sorted(present, key=lambda row: key(row.pk), reverse=_is_descending(sort)),
        *missing,
    ]
