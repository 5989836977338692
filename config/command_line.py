"""Run a command of manage.py; what people can put right ends it with one sentence."""

import sys

from django.core.management import execute_from_command_line

from config.errors import sentence_for

# Exit codes
UNUSABLE, INTERRUPTED = 2, 130


def main(argv: list[str]) -> int:
    """Run the command that the arguments name, and return the exit code.

    An error of the settings or the database becomes a sentence on standard error, unless
    ``--traceback`` is given. Any other error is raised.
    """
    try:
        execute_from_command_line(argv)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None or "--traceback" in argv:
            raise
        print(sentence, file=sys.stderr)  # noqa: T201
        return UNUSABLE
    return 0
