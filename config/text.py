"""Functions on texts."""


def shorten(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters; a longer one is cut and ends in "…"."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def to_storable_text(text: str) -> str:
    """Return a text without characters that the database cannot store."""
    return text.replace("\x00", "�").encode(errors="replace").decode()
