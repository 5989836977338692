"""Pages as tests read them, wherever templates break their lines."""

import re


def flat(answer) -> str:
    """Return the text of an answer: one blank for each run of them, none at the end of a tag."""
    return re.sub(r"> (?=<)| (?=>)", lambda blank: blank[0].strip(), " ".join(answer.text.split()))
