"""Runs a command of manage.py; errors that people can fix end it with one sentence."""

import os
import sys

import django
from django.core.management import execute_from_command_line
from django.utils import translation

from config.errors import sentence_for
from config.memory import with_room
from config.observing.lines import failed_start

# Exit codes
EXIT_UNUSABLE, EXIT_INTERRUPTED = 2, 130


def main(argv: list[str]) -> int:
    """Run the command in the arguments, and return the exit code.

    Errors of the settings or the database are printed as a sentence to standard error, unless
    ``--traceback`` is given. Other errors are raised.
    """
    try:
        django.setup()
        # What is printed and logged is in one language, whatever LANGUAGE_CODE says for pages.
        translation.activate("en")
        with_room(execute_from_command_line, argv)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None or "--traceback" in argv:
            raise
        is_json = os.environ.get("LOG_FORMAT") == "json"
        print(failed_start(sentence, as_json=is_json), file=sys.stderr)  # noqa: T201
        return EXIT_UNUSABLE
    return 0
