"""Importing files on the command line, with an optional file of rejected entries."""

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import BinaryIO

from returns.feed.ahead import Pace, parsed_ahead
from returns.feed.fact_changes import describe_change, differences
from returns.feed.files import DEFAULT_CHOICES, read_items, write_items
from returns.feed.ingest import WrittenRow
from returns.feed.intake import IntakeResult, import_items
from returns.feed.items import JSON, LINES, Choices, Format, Item
from returns.feed.merging import Known
from returns.feed.records import RecordError
from returns.feed.runs import record_run
from returns.feed.saved_mappings import suggest
from returns.models import Way

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class ImportSummary:
    """The result for the entries of all files; ``unreadable`` is a number of files."""

    result: IntakeResult
    unreadable: int

    @property
    def failed(self) -> bool:
        """Tell whether anything was left out."""
        return bool(self.result.rejected or self.unreadable)

    def __str__(self) -> str:
        return str(self.result)


class Rejects:
    """Rejected entries, stored on disk until they are written in the format of the input."""

    def __init__(self) -> None:
        self._spool = TemporaryFile()  # noqa: SIM115 - lives as long as the import
        self._formats: dict[Format, None] = {}

    def add(self, item: Item) -> None:
        """Store an entry."""
        self._formats[item.format] = None
        pickle.dump(replace(item, error=None, outcome=None), self._spool)

    def write(self, path: Path) -> None:
        """Write the file atomically. Raises ``OSError``.

        Entries of inputs in different formats are written as JSON, one object per line.
        """
        formats = list(self._formats) or [JSON]
        folder = path.absolute().parent
        with NamedTemporaryFile(
            "w", dir=folder, encoding="utf-8", errors="surrogateescape", newline="", delete=False
        ) as out:
            try:
                write_items(self._items(), formats[0] if len(formats) == 1 else LINES, out.file)
                out.flush()
                os.fsync(out.fileno())
                Path(out.name).replace(path)
            except BaseException:
                Path(out.name).unlink(missing_ok=True)
                raise

    def _items(self) -> Iterator[Item]:
        self._spool.seek(0)
        while True:
            try:
                yield pickle.load(self._spool)  # noqa: S301 - written by this process alone
            except EOFError:
                return


class Import:
    """An import of some files; ``report`` is called with a sentence for all that is left out."""

    def __init__(self, report: Callable[[str], None], rejects: Rejects | None = None) -> None:
        self._report = report
        self._rejects = rejects
        self._unreadable = 0

    def run(
        self,
        files: Sequence[tuple[str, Opener]],
        *,
        dry_run: bool = False,
        choices: Choices = DEFAULT_CHOICES,
        on_progress: Callable[[int], None] | None = None,
        on_change: Callable[[str], None] | None = None,
    ) -> ImportSummary:
        """Import the files, given as pairs of a name and a function that opens it.

        The import is recorded as a run of the feed, unless it is a dry run; then ``on_change`` is
        called with a sentence for each return that would change.
        """

        def report_progress(result: IntakeResult) -> None:
            if dry_run and on_change:
                for row in result.written:
                    if row.before and row.is_visible:
                        on_change(_change_sentence(row, row.before))
            if on_progress:
                on_progress(result.read)

        pace = Pace()
        items = self._items(files, choices, pace)
        if dry_run:
            result = import_items(
                items,
                source="file",
                on_reject=self._reject,
                on_batch=report_progress,
                dry_run=dry_run,
            )
        else:
            names = ", ".join(name for name, _ in files)
            with record_run(Way.FILE, names) as run:
                result = run.import_items(
                    items,
                    source="file",
                    on_reject=self._reject,
                    on_batch=report_progress,
                    pace=pace,
                )
        return ImportSummary(result, self._unreadable)

    def _items(
        self, files: Iterable[tuple[str, Opener]], choices: Choices, pace: Pace
    ) -> Iterator[Item]:
        for name, opener in files:
            try:
                with opener() as stream:
                    yield from parsed_ahead(read_items(stream, choices), f"{name}: ", pace)
            except OSError as error:
                self._unreadable += 1
                self._report(f"{name}: cannot be read: {error.strerror or error}")

    def _reject(self, item: Item, error: RecordError) -> None:
        self._report(f"{item.place}: {item.describe(error)}{_mapping_hint(item.format)}")
        if self._rejects:
            self._rejects.add(item)


def _mapping_hint(format_: Format) -> str:
    """Return how a foreign file can be imported; "" for other files."""
    if not format_.missing:
        return ""
    if suggested := suggest(format_.header):
        return f". Perhaps it can be read with --mapping {suggested.name!r}"
    return ". Upload the file once to match its columns, and then use --mapping"


def _change_sentence(row: WrittenRow, before: Known) -> str:
    parts = [
        f"{label} {old!r} → {new!r}"
        for label, old, new in map(describe_change, differences(before, row.after))
    ]
    if row.new_tags:
        parts.append(f"Tags + {', '.join(row.new_tags)}")
    return f"{row.reference}: {'; '.join(parts)}"
