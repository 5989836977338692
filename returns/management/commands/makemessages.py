"""Collect the texts of pages and scripts for translation."""

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages

DOMAINS = ("django", "djangojs")
# Not ours, or read by nobody in another language.
IGNORED = ["tests/*", "docs/*", "static/vendor/*", "static/js/words/*", "staticfiles/*"]
# Would differ after each run.
CREATION_DATE = re.compile(r'^"POT-Creation-Date: .*\n', re.MULTILINE)


class Command(makemessages.Command):
    """Django's command for all languages and both kinds of files, if it gets no other options."""

    help = "Collects the texts of pages and scripts, in config/locale, for all languages."
    xgettext_options = [
        *makemessages.Command.xgettext_options,
        "--keyword=stored_text",
        "--keyword=stored_ntext:1,2",
    ]
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        """Collect the texts; without options, all of them."""
        if options["locale"] or options["all"]:
            super().handle(*args, **options)
            return
        languages = [code for code, _ in settings.LANGUAGES if code != "en"]
        for domain in DOMAINS:
            call_command(
                self,
                locale=languages,
                domain=domain,
                ignore_patterns=list(IGNORED),
                add_location="file",
                no_wrap=True,
                no_obsolete=True,
                verbosity=options["verbosity"],
            )
        for path in Path(settings.LOCALE_PATHS[0]).glob("*/LC_MESSAGES/*.po"):
            path.write_text(CREATION_DATE.sub("", path.read_text()))
