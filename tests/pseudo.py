"""A language that marks every translated text, so that a page shows which texts escaped.

"Sign in" becomes "⟦Sign in⟧". What stands outside of the marks on a page is data, or forgotten.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser

from django.apps import apps
from django.conf import settings
from django.utils.translation import trans_real

MARKED = "xx"
# Attributes that people see, or hear.
ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "aria-description", "label"}
# Elements whose text nobody reads as a sentence: scripts, keys, values that machines take.
SILENT = {"script", "style", "kbd", "code", "pre", "textarea"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
WORD = re.compile(r"[^\W\d_]{2,}")


class MarkedTranslation:
    """Stands for a translation of Django's; it gives each text between marks."""

    def to_language(self) -> str:
        """Return the code of the language."""
        return MARKED

    def gettext(self, message: str) -> str:
        """Return the text without its context, marked."""
        return f"⟦{message.rpartition(trans_real.CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form for the number, marked."""
        return self.gettext(singular if number == 1 else plural)


@contextmanager
def marked_language() -> Iterator[None]:
    """Offer the marked language beside the others."""
    before = settings.LANGUAGES
    supported = trans_real.check_for_language
    trans_real._translations[MARKED] = MarkedTranslation()
    settings.LANGUAGES = [*before, (MARKED, "Türkçe")]
    trans_real.check_for_language = lambda code: code == MARKED or supported(code)
    _forget_languages()
    try:
        yield
    finally:
        settings.LANGUAGES = before
        trans_real.check_for_language = supported
        del trans_real._translations[MARKED]
        _forget_languages()


def _forget_languages() -> None:
    trans_real.get_languages.cache_clear()
    trans_real._get_supported_language_variant.cache_clear()


class _Texts(HTMLParser):
    """Collects the texts that people see or hear, each with the element around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []
        self.depth = 0  # of marks, which may begin and end in different elements
        self.around: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        # A text in a language of its own is data, such as a sentence for shoppers.
        silent = tag in SILENT or ("lang" in names and tag != "html")
        if not self._is_silent() and not silent:
            seen = [*ATTRIBUTES]
            if tag == "input" and names.get("type") in {"submit", "button"}:
                seen.append("value")
            for name in seen:
                outside, _ = outside_of_marks(names.get(name) or "")
                self.found.append((f"{tag}[{name}]", outside))
        if tag not in VOID:
            self.around.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        while self.around:
            if self.around.pop()[0] == tag:
                break

    def handle_data(self, data: str) -> None:
        outside, self.depth = outside_of_marks(data, self.depth)
        if not self._is_silent():
            self.found.append((self.around[-1][0] if self.around else "", outside))

    def _is_silent(self) -> bool:
        return any(silent for _, silent in self.around)


def escaped_texts(html: str, known: set[str]) -> list[str]:
    """Return what a page shows outside of the marks and is no known data."""
    parser = _Texts()
    parser.feed(html)
    parser.close()
    return [
        f"{place}: {' '.join(text.split())}"
        for place, text in parser.found
        if not all(_is_known(" ".join(part.split()), known) for part in text.split("⟧"))
    ]


def outside_of_marks(text: str, depth: int = 0) -> tuple[str, int]:
    """Return what is outside of all marks, "⟧" for each part inside, and the depth at the end."""
    outside = ""
    for character in text:
        if character == "⟦":
            depth += 1
        elif character == "⟧":
            depth = max(0, depth - 1)
            outside += "" if depth else "⟧"
        elif depth == 0:
            outside += character
    return outside, depth


def _is_known(part: str, known: set[str]) -> bool:
    text = part.strip(" \n.,:;!?()·–-+“”…/%\"'#=")
    # The beginning of a token may end in a dash.
    if not WORD.search(text) or {text, part.strip()} & known or "*****" in text:
        return True
    pieces = re.split(r"[,·:–|(){}+/]| or | and ", text)
    if all(piece.strip(" .…“”") in known or not WORD.search(piece) for piece in pieces):
        return True
    return all(word in known for word in WORD.findall(text))


def stored_strings() -> set[str]:
    """Return every text in the database: what pages may show as it is."""
    known: set[str] = set()
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        for row in model._default_manager.all().values():
            for value in row.values():
                known |= _strings_of(value)
    return known


def _strings_of(value: object) -> set[str]:
    if isinstance(value, str):
        return {" ".join(value.split()), *value.split("\n")}
    if isinstance(value, dict) and "text" in value:
        return _strings_of(value.get("values"))  # a stored text, which is translated
    if isinstance(value, dict):
        return set().union(*(_strings_of(each) for each in value.values()), map(str, value))
    if isinstance(value, list | tuple):
        return set().union(*map(_strings_of, value)) if value else set()
    return set()
