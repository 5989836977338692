"""Import files of returns: read, parse, ingest, and give back what was rejected."""

import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import BinaryIO

from returns.feed.files import JSON, LINES, Format, Item, read_items, write_items
from returns.feed.ingest import IngestSummary, Rejection, ingest
from returns.feed.records import RecordError, ReturnRecord, parse_record

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class ImportSummary:
    """What became of the entries of all files; ``rejected`` counts the unreadable ones too."""

    ingested: IngestSummary
    rejected: int
    unreadable: int

    @property
    def read(self) -> int:
        """Entries found in the files."""
        return self.ingested.read + self.rejected - len(self.ingested.rejected)

    @property
    def failed(self) -> bool:
        """Whether anything was left out."""
        return bool(self.rejected or self.unreadable)

    def __str__(self) -> str:
        ingested = self.ingested
        return (
            f"read {self.read}, created {ingested.created}, updated {ingested.updated}, "
            f"unchanged {ingested.unchanged}, rejected {self.rejected}"
        )


class Rejects:
    """Rejected entries, kept on disk until they are written back in their input's format."""

    def __init__(self) -> None:
        self._spool = TemporaryFile()  # noqa: SIM115 - lives as long as the import
        self._formats: dict[Format, None] = {}

    def add(self, item: Item) -> None:
        """Keep an entry."""
        self._formats[item.format] = None
        pickle.dump(replace(item, error=None), self._spool)

    def write(self, path: Path) -> None:
        """Write the file whole or not at all. Raises ``OSError``.

        Entries of inputs of different formats become JSON, one object a line.
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
    """One run over some files. ``tell`` gets a sentence for everything that is left out."""

    def __init__(self, tell: Callable[[str], None], rejects: Rejects | None = None) -> None:
        self._tell = tell
        self._rejects = rejects
        self._rejected = 0
        self._unreadable = 0
        self._position = 0
        self._waiting: dict[int, tuple[str, Item]] = {}

    def run(
        self,
        files: Iterable[tuple[str, Opener]],
        *,
        dry_run: bool = False,
        on_progress: Callable[[int], None] | None = None,
    ) -> ImportSummary:
        """Import the files, given by name and opener, as one stream of records."""

        def done(count: int) -> None:
            self._forget(count)
            if on_progress:
                on_progress(count)

        ingested = ingest(
            self._records(files),
            source="file",
            dry_run=dry_run,
            on_progress=done,
            on_reject=self._reject_record,
        )
        return ImportSummary(ingested, self._rejected, self._unreadable)

    def _records(self, files: Iterable[tuple[str, Opener]]) -> Iterator[ReturnRecord]:
        for name, opener in files:
            try:
                with opener() as stream:
                    yield from self._records_of(name, stream)
            except OSError as error:
                self._unreadable += 1
                self._tell(f"{name}: cannot be read: {error.strerror or error}")

    def _records_of(self, name: str, stream: BinaryIO) -> Iterator[ReturnRecord]:
        for item in read_items(stream):
            try:
                if item.error:
                    raise item.error
                record = parse_record(item.raw or {})
            except RecordError as error:
                self._reject(name, item, str(error))
                continue
            self._waiting[self._position] = (name, item)
            self._position += 1
            yield record

    def _reject(self, name: str, item: Item, reason: str) -> None:
        self._rejected += 1
        self._tell(f"{name}: {item.place}: {reason}")
        if self._rejects:
            self._rejects.add(item)

    def _reject_record(self, rejection: Rejection) -> None:
        self._reject(*self._waiting[rejection.position], rejection.reason)

    def _forget(self, count: int) -> None:
        for position in [position for position in self._waiting if position < count]:
            del self._waiting[position]
