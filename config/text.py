"""Functions on texts."""


def shorten(text: str, length: int) -> str:
    """Return a text of at most ``length`` characters; a longer one is cut and ends in "…"."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
