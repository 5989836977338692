"""The glossary of docs/languages.md is kept: one word for one thing, in every language."""

import re
from collections.abc import Iterator

import pytest

from tests.papers import TEXTS, tables
from tests.test_catalogues import DOMAINS, LANGUAGES, PLACEHOLDER, forms, messages

GLOSSARY = tables(TEXTS["docs/languages.md"], "English", "Turkish", "German")
# By the English word, as a pattern: what each translation of a text with that word contains, in
# whatever case and with whatever ending, and the words that a sentence needs instead.
STEMS: dict[str, tuple[str, str]] = {
    r"order reference": ("sipariş no", "bestellnummer"),
    r"return reference": ("iade no", "retourennummer"),
    r"tracking (ID|number)": ("takip no", "sendungsn"),
    r"carrier": ("kargo[- ]firma", "paketdienst"),
    r"sales channel": ("satış kanal", "verkaufskan"),
    r"queue": ("kuyru", "warteschlange"),
    r"deadline": ("termin", "frist"),
    r"tags?": ("etiket", "etikett|ohne retourengrund"),
    r"rule": ("kural", "regel"),
    r"saved view": ("kayıtlı görünüm", "gespeicherte"),
    r"column": ("sütun", "spalte"),
    r"comment": ("yorum", "komment"),
    r"timeline": ("geçmiş", "verlauf"),
    r"report": ("rapor", "bericht"),
    r"feed": ("veri akış|aktarım", "datenfeed"),
    r"rejected": ("reddedil|reddet", "abgelehnt|zu berichtigen"),
    r"export": ("dışa aktar", "export"),
    r"import": ("içe aktar|içeri", "import"),
    r"role": ("rol", "rolle"),
    r"password": ("parola", "passw"),
    r"filter": ("filtre", "filter"),
    r"warehouse": ("depo", "lager"),
    r"synonym": ("eş anlaml", "synonym"),
    r"priority": ("önceli", "priorit|vorrang"),
    r"preview": ("önizle", "vorschau"),
    r"hand-over": ("devir|devri|teslim", "übergabe"),
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_thing_has_one_word(language):
    assert list(deviations(language)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_the_glossary_are_in_use(language):
    texts = " ".join(
        lowered(translated)
        for domain in DOMAINS
        for message in messages(language, domain)
        for _, translated in forms(message)
    )
    words = [row[1 + LANGUAGES.index(language)] for row in GLOSSARY]
    # Without the endings that change in a sentence.
    stems = [each.lower()[:4] for row in words for each in row.split(", ")]
    assert [stem for stem in stems if stem not in texts] == []


def deviations(language: str) -> Iterator[tuple[str, str, str]]:
    """Yield the word, the text and its translation where the glossary's word is missing."""
    place = LANGUAGES.index(language)
    for domain in DOMAINS:
        for message in messages(language, domain):
            for text, translated in forms(message):
                for word, stems in STEMS.items():
                    is_meant = re.search(rf"\b{word}\b", PLACEHOLDER.sub("", text), re.IGNORECASE)
                    if is_meant and not re.search(stems[place], lowered(translated), re.IGNORECASE):
                        yield word, text, translated


def lowered(text: str) -> str:
    """Return a text in lower case, Turkish letters too."""
    return text.replace("İ", "i").replace("I", "ı").lower() + text.lower()
