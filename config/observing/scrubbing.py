"""Takes out of the texts of errors what may be about a person."""

import re
import traceback

# Values that a message quotes, and what is personal wherever it is.
QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|“[^”\n]*”|„[^“\n]*“|\([^()\n]*\)=\([^()\n]*\)")
MAIL_ADDRESS = re.compile(r"[^\s<>\"']+@[^\s<>\"']+")
LONG_NUMBER = re.compile(r"\d{5,}")
REDACTED_PART = "…"
MAX_MESSAGE = 300  # characters
# Of a chain of errors, so many are told.
MAX_CAUSES = 8


def scrubbed(message: str) -> str:
    """Return the first line of a message, with what it quotes, addresses and numbers left out."""
    line = message.partition("\n")[0]
    for pattern in (QUOTED, MAIL_ADDRESS, LONG_NUMBER):
        line = pattern.sub(REDACTED_PART, line)
    return line[:MAX_MESSAGE]


def scrubbed_traceback(error: BaseException) -> str:
    """Return the traceback of an error and of its causes, their messages scrubbed.

    The lines of code that it names are ours, and it has no values of variables.
    """
    parts: list[str] = []
    current: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if current is None:
            break
        frames = "".join(traceback.format_tb(current.__traceback__))
        parts.append(f"{frames}{type(current).__name__}: {scrubbed(str(current))}")
        hidden = current.__suppress_context__
        current = current.__cause__ or (None if hidden else current.__context__)
    return "\n\nWhile or because of this error, another one was raised:\n\n".join(reversed(parts))
