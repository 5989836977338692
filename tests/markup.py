"""Pages as tests read them, wherever templates break their lines."""

import re


def flat(answer) -> str:
    """Return the text of an answer with one blank for each run of blanks, none between tags."""
    return re.sub(r"> <", "><", " ".join(answer.text.split()))
