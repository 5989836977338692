"""Texts as they are shown and stored."""


def shorten(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters; of a longer one the beginning, with "…"."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
