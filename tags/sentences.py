"""Sentences one after another, of which each stays in the language of its reader."""

from collections.abc import Iterable

from config.stored_texts import StoredText


def joined(texts: Iterable[StoredText | str], separator: str = " ") -> StoredText:
    """Return several texts as one."""
    values = {f"text{number}": text for number, text in enumerate(texts, start=1)}
    # No text of the catalogues, so all languages have it as it stands.
    return StoredText(separator.join(f"%({name})s" for name in values), values)
