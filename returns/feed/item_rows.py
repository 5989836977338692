"""One row an item: the rows of a return that follow each other become one record.

What the rows say of the return must agree. What they say of items becomes its line items.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from config.stored_texts import stored_text
from returns.feed.item_fields import ITEM_CELLS, KNOWN_CELLS, LINE_ITEMS_NAME
from returns.feed.item_lines import LinesOfRows, ReadRow
from returns.feed.items import ItemRow
from returns.feed.labels import stored_place
from returns.feed.reasons import Why, excerpt, followed, named, quoted
from returns.feed.records import API_NAMES, REFERENCE_FIELD, Problem

# Rows often differ in these, because each says something of its item.
JOINED_LINES, JOINED_TAGS = API_NAMES["notes"], "tag"
MAX_JOINED_LENGTH = 1_000_000  # characters in the rows of a return, if there are several
SORT_AND_REPEAT = stored_text("Sort the file by return, and import all of it again")


@dataclass(slots=True)
class _Group:
    """The rows of a return so far. ``wrong`` says why nothing of it can be imported."""

    reference: str
    rows: list[ReadRow] = field(default_factory=list)
    wrong: list[Problem] = field(default_factory=list)
    length: int = 0

    def add(self, row: ReadRow) -> None:
        self.rows.append(row)
        self.length += sum(map(len, row.written))

    @property
    def is_full(self) -> bool:
        """Tell whether no row fits in any more."""
        return len(self.rows) >= settings.RECORD_LINE_ITEMS or self.length >= MAX_JOINED_LENGTH


class RowJoiner:
    """Joins the rows of each return; ``columns`` are the indexes of the columns by their names.

    Of the returns that are done only hashes of their references are kept, and of a return with too
    many rows no more than its latest ones. So memory does not grow with the rows of a file.
    """

    def __init__(self, columns: Mapping[str, int]) -> None:
        self._columns = columns
        self._group: _Group | None = None
        self._seen: set[int] = set()
        self._unread: ReadRow | None = None

    def join(self, rows: Iterable[ReadRow]) -> Iterator[ReadRow]:
        """Yield a row for each return, and those that are left out."""
        for row in rows:
            if row.left_out:
                yield row
                continue
            reference = str((row.raw or {}).get(REFERENCE_FIELD, "")).strip()
            if reference:
                yield from self._add(reference, row)
            elif self._group and _may_be_an_item(row):
                yield from self._add(self._group.reference, row)
            else:
                yield row
            self._unread = row if row.raw is None else None
        yield from self._finish()

    def _add(self, reference: str, row: ReadRow) -> Iterator[ReadRow]:
        group = self._group
        if group is None or group.reference != reference:
            yield from self._finish()
            group = self._group = self._begin(reference)
        elif group.is_full:
            group.wrong = [("record", _too_many_rows())]
            yield from self._finish()
            group = self._group = _Group(reference, wrong=group.wrong)
        if row.raw is None:
            group.wrong.append(_unread_problem(row))
        elif not row.raw.get(REFERENCE_FIELD):
            missing = named(stored_place(row.place), stored_text("missing"))
            group.wrong.append((REFERENCE_FIELD, missing))
        group.add(row)

    def _begin(self, reference: str) -> _Group:
        group, mark = _Group(reference), hash(reference)
        if mark in self._seen:
            why = stored_text(
                "%(reference)s has other rows further up, with other returns between them",
                reference=quoted(reference),
            )
            group.wrong.append((REFERENCE_FIELD, followed(why, SORT_AND_REPEAT)))
        elif self._unread:
            group.wrong.append(_unread_problem(self._unread))
        self._seen.add(mark)
        return group

    def _finish(self) -> Iterator[ReadRow]:
        group, self._group = self._group, None
        if group and group.rows:
            yield self._joined(group)

    def _joined(self, group: _Group) -> ReadRow:
        first = group.rows[0]
        raw, problems = self._agreed(group.rows)
        lines = LinesOfRows(group.rows)
        if lines.made:
            raw[LINE_ITEMS_NAME] = lines.made
        wrong = [*group.wrong, *lines.wrong]
        return ReadRow(
            first.place,
            [row.written for row in group.rows],
            # Nothing of it can be fixed but in the file.
            None if wrong else raw,
            [*wrong, *problems, *lines.problems],
            rows=tuple(map(_item_row, group.rows, lines.pieces)),
        )

    def _agreed(self, rows: Sequence[ReadRow]) -> tuple[dict[str, Any], list[Problem]]:
        """Return what the rows say of the return, and what is wrong with it.

        Values that contradict each other become a list, which is no value of any field.
        """
        values: dict[str, dict[Any, ReadRow]] = {}
        raw: dict[str, Any] = {}
        problems: list[Problem] = []
        for row in rows:
            wrong = dict(row.problems)
            for name, value in (row.raw or {}).items():
                if name in ITEM_CELLS:
                    continue
                if name in wrong:
                    raw[name] = value
                    why = wrong[name]
                    place = stored_place(row.place)
                    problems.append((name, why if row is rows[0] else named(place, why)))
                else:
                    values.setdefault(name, {}).setdefault(value, row)
        for name, given in values.items():
            if name in raw:
                continue
            if len(given) == 1 or name not in KNOWN_CELLS or name in (JOINED_LINES, JOINED_TAGS):
                raw[name] = _in_one(name, [*given])
            else:
                raw[name] = [*given]
                problems.append((name, self._contradiction(name, given)))
        return raw, problems

    def _contradiction(self, name: str, given: Mapping[Any, ReadRow]) -> Why:
        (other, first), (value, row), *_ = given.items()
        return stored_text(
            "%(place)s has %(value)s, but %(first)s has %(other)s for the same return",
            place=stored_place(row.place),
            value=self._as_written(name, value, row),
            first=stored_place(first.place),
            other=self._as_written(name, other, first),
        )

    def _as_written(self, name: str, value: object, row: ReadRow) -> Why:
        at = self._columns.get(name, len(row.written))
        return excerpt(row.written[at].strip() if at < len(row.written) else value)


def _may_be_an_item(row: ReadRow) -> bool:
    """Tell whether a row without a reference may be an item of the return before it."""
    return row.raw is None or not ITEM_CELLS.isdisjoint(row.raw)


def _too_many_rows() -> Why:
    return stored_text(
        "more than %(rows)s rows, or %(length)s characters, of one return",
        rows=settings.RECORD_LINE_ITEMS,
        length=MAX_JOINED_LENGTH,
    )


def _unread_problem(row: ReadRow) -> Problem:
    why = stored_text(
        "%(place)s cannot be read, and may be a row of this return: %(why)s",
        place=stored_place(row.place),
        why=dict(row.problems).popitem()[1],
    )
    return "record", why


def _in_one(name: str, values: Sequence[Any]) -> Any:
    """Return the texts of several rows as one, each of them once and in order."""
    if len(values) == 1:
        return values[0]
    if name == JOINED_TAGS:
        return ",".join(values)
    lines: dict[str, str] = {}
    for text in values:
        if stripped := text.strip():
            lines.setdefault(stripped, text)
    return "\n".join(lines.values()) or values[0]


def _item_row(row: ReadRow, pieces: int) -> ItemRow:
    return ItemRow(row.place, row.written, row.raw or {}, pieces)
