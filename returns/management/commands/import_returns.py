import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.schema import require_tables
from returns.feed.imports import Import, ImportSummary, Opener, Rejects

TOLD = 50  # rejections, and conflicts of tags, that are told one by one


class Command(BaseCommand):
    help = (
        "Imports returns from files of JSON (in any envelope, or one object a line) or CSV. "
        "Importing a file again changes nothing. Exits with 1 when anything was left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE", help="a file, or - for the input")
        parser.add_argument(
            "--dry-run", action="store_true", help="write nothing to the database, only count"
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write what was rejected to this file"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the files and end with one line of numbers."""
        path: Path | None = options["rejects"]
        if path and not path.absolute().parent.is_dir():
            raise CommandError(f"{path}: the folder does not exist.", returncode=2)
        if path and any(_is_same_file(path, name) for name in options["files"]):
            raise CommandError(f"{path}: would replace a file to import.", returncode=2)
        require_tables()
        told = _Limited(self.stderr.write)
        rejects = Rejects() if path else None
        files = [_opener(name) for name in options["files"]]
        summary = Import(told, rejects).run(
            files, dry_run=options["dry_run"], on_progress=self._progress
        )
        told.tell_rest("more were left out")
        if path and rejects:
            rejects.write(path)
        self._tell_conflicts(summary)
        self.stdout.write(str(summary))
        if summary.failed:
            sys.exit(1)

    def _progress(self, count: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{count:,} records ", ending="")

    def _tell_conflicts(self, summary: ImportSummary) -> None:
        told = _Limited(self.stderr.write)
        for conflict in summary.taken.tag_conflicts:
            told(f"{conflict.reference}: kept the tag {conflict.kept}, not {conflict.dropped}")
        told.tell_rest("more returns kept the higher-ranked tag")


class _Limited:
    """Writes the first sentences and counts the others."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._count = 0

    def __call__(self, sentence: str) -> None:
        self._count += 1
        if self._count <= TOLD:
            self._write(sentence)

    def tell_rest(self, what: str) -> None:
        if self._count > TOLD:
            self._write(f"{self._count - TOLD:,} {what}")


def _is_same_file(path: Path, name: str) -> bool:
    return path.exists() and Path(name).exists() and path.samefile(name)


def _opener(name: str) -> tuple[str, Opener]:
    return ("standard input", _standard_input) if name == "-" else (name, lambda: _open(name))


def _standard_input() -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer)


def _open(name: str) -> AbstractContextManager[BinaryIO]:
    return Path(name).open("rb")
