"""Import files of returns: read, parse, ingest, and give back what was rejected."""

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import BinaryIO

from returns.feed.files import read_items, write_items
from returns.feed.intake import Taken, take
from returns.feed.items import JSON, LINES, Format, Item
from returns.feed.records import RecordError
from returns.feed.runs import recorded
from returns.models import Way

Opener = Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class ImportSummary:
    """What became of the entries of all files; ``unreadable`` counts files."""

    taken: Taken
    unreadable: int

    @property
    def failed(self) -> bool:
        """Whether anything was left out."""
        return bool(self.taken.rejected or self.unreadable)

    def __str__(self) -> str:
        return str(self.taken)


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
        self._unreadable = 0

    def run(
        self,
        files: Sequence[tuple[str, Opener]],
        *,
        dry_run: bool = False,
        on_progress: Callable[[int], None] | None = None,
    ) -> ImportSummary:
        """Import the files, given by name and opener, as one stream of records.

        It is kept as a run of the feed, unless it is dry.
        """

        def done(taken: Taken) -> None:
            if on_progress:
                on_progress(taken.read)

        items = self._items(files)
        if dry_run:
            taken = take(
                items, source="file", on_reject=self._reject, on_batch=done, dry_run=dry_run
            )
        else:
            names = ", ".join(name for name, _ in files)
            with recorded(Way.FILE, names) as run:
                taken = run.take(items, source="file", on_reject=self._reject, on_batch=done)
        return ImportSummary(taken, self._unreadable)

    def _items(self, files: Iterable[tuple[str, Opener]]) -> Iterator[Item]:
        for name, opener in files:
            try:
                with opener() as stream:
                    for item in read_items(stream):
                        yield replace(item, place=f"{name}: {item.place}")
            except OSError as error:
                self._unreadable += 1
                self._tell(f"{name}: cannot be read: {error.strerror or error}")

    def _reject(self, item: Item, error: RecordError) -> None:
        self._tell(f"{item.place}: {error}")
        if self._rejects:
            self._rejects.add(item)
