import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.memory import spare_what_is_loaded
from config.schema import require_tables
from returns.feed.dates import DATE_ORDERS
from returns.feed.imports import Import, ImportSummary, Rejects
from returns.feed.items import Choices
from returns.feed.mappings import ColumnMapping
from returns.feed.saved_mappings import find_mapping, mapping_names
from returns.management.inputs import LimitedReport, opener


class Command(BaseCommand):
    help = (
        "Imports returns from JSON files (in any envelope, or one object per line) or CSV files. "
        "Importing a file again changes nothing. The exit code is 1 if anything was left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "files", nargs="+", metavar="FILE", help="a file, or - for standard input"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="print what would change; write nothing to the database",
        )
        parser.add_argument(
            "--empty-clears",
            action="store_true",
            help="an empty cell of a CSV file clears what is stored; by default it says nothing",
        )
        parser.add_argument(
            "--rejects", type=Path, metavar="FILE", help="write rejected records to this file"
        )

        parser.add_argument(
            "--dates",
            choices=list(DATE_ORDERS),
            default="",
            help="the order of day, month and year in dates with slashes",
        )
        parser.add_argument(
            "--sheet",
            default="",
            metavar="NAME",
            help="the sheet of a workbook; by default the first one that has rows",
        )
        parser.add_argument(
            "--mapping",
            default="",
            metavar="NAME",
            help="how the columns of a foreign file are read: the name of a saved mapping, or of "
            "one that comes with the program",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the files and print a summary line."""
        path: Path | None = options["rejects"]
        if path and not path.absolute().parent.is_dir():
            raise CommandError(f"{path}: the folder does not exist.", returncode=2)
        if path and any(_is_same_file(path, name) for name in options["files"]):
            raise CommandError(
                f"{path}: this would overwrite a file that is being imported.", returncode=2
            )
        require_tables()
        spare_what_is_loaded()
        report = LimitedReport(self.stderr.write)
        changes = LimitedReport(self.stdout.write)
        rejects = Rejects() if path else None
        files = [opener(name) for name in options["files"]]
        summary = Import(report, rejects).run(
            files,
            dry_run=options["dry_run"],
            choices=_choices(options),
            on_progress=self._progress,
            on_change=changes,
        )
        report.finish("more were left out")
        changes.finish("more returns would change")
        self._report_left_out(summary)
        self._report_differing_rows(summary)
        if summary.result.unknown_tags and options["dry_run"]:
            self.stdout.write(f"New tags: {', '.join(sorted(set(summary.result.unknown_tags)))}")
        if path and rejects:
            rejects.write(path)
        self._report_conflicts(summary)
        self.stdout.write(str(summary))
        if summary.failed:
            sys.exit(1)

    def _progress(self, count: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r{count:,} records ", ending="")

    def _report_left_out(self, summary: ImportSummary) -> None:
        report = LimitedReport(self.stderr.write)
        for place, reason in summary.result.left_out:
            report(f"{place}: left out: {reason}")
        report.finish("more rows were left out")

    def _report_differing_rows(self, summary: ImportSummary) -> None:
        report = LimitedReport(self.stderr.write)
        for reference, places in summary.result.differing_rows.items():
            report(
                f"{reference}: rows differ, one value of each field is kept: {', '.join(places)}"
            )
        report.finish("more returns have rows that differ")

    def _report_conflicts(self, summary: ImportSummary) -> None:
        report = LimitedReport(self.stderr.write)
        for conflict in summary.result.tag_conflicts:
            report(f"{conflict.reference}: kept tag {conflict.kept}, dropped {conflict.dropped}")
        report.finish("more returns kept the higher-ranked tag")


def _choices(options: dict[str, Any]) -> Choices:
    return Choices(
        empty_clears=options["empty_clears"],
        dates=options["dates"],
        sheet=options["sheet"],
        mapping=_mapping(options["mapping"]),
    )


def _mapping(name: str) -> ColumnMapping | None:
    if not name:
        return None
    if named := find_mapping(name):
        return named.mapping
    names = ", ".join(mapping_names())
    raise CommandError(f"There is no column mapping {name!r}. There are: {names}.", returncode=2)


def _is_same_file(path: Path, name: str) -> bool:
    return path.exists() and Path(name).exists() and path.samefile(name)
