"""Texts that are written once and read in each reader's language."""

import copy
import pickle

import pytest
from django.utils import translation

from config.stored_texts import (
    StoredText,
    StoredTextField,
    from_stored,
    stored_ntext,
    stored_text,
    to_stored,
)

LATE = "late by %(duration)s"
ALL = [
    stored_text("just now"),
    stored_text(LATE, duration="2 d"),
    stored_ntext("%(count)s year", "%(count)s years", 1, count=1),
    stored_ntext("%(count)s year", "%(count)s years", 12_345, count=12_345),
    stored_text(LATE, duration=stored_ntext("%(count)s day", "%(count)s days", 3, count=3)),
]


@pytest.mark.parametrize("text", ALL, ids=str)
def test_a_stored_text_is_read_as_it_was_said(text):
    assert from_stored(to_stored(text)) == str(text)


def test_each_reader_gets_their_own_language():
    column = to_stored(ALL[-1])
    told = {}
    for language in ("en", "tr", "de"):
        with translation.override(language):
            told[language] = from_stored(column)
    assert told["en"] == "late by 3 days"
    assert len(set(told.values())) == 3
    with translation.override("de"):
        assert from_stored(to_stored(ALL[3])).startswith("12.345 ")


def test_a_name_within_a_text_is_translated_in_the_context_of_its_kind():
    name = StoredText("books", context="tag")
    column = to_stored(stored_text("Added %(tag)s on %(record)s.", tag=name, record="Return-1"))
    assert from_stored(column) == "Added books on Return-1."
    with translation.override("tr"):
        assert "kitap" in from_stored(column)


def test_a_text_without_values_is_not_formatted():
    assert from_stored(to_stored(StoredText("100%s %(cotton)s", context="tag"))) == (
        "100%s %(cotton)s"
    )


def test_what_was_read_is_stored_as_it_was():
    column = to_stored(ALL[1])
    with translation.override("tr"):
        read = from_stored(column)
    assert to_stored(read) == column
    assert StoredTextField().get_prep_value(read) == column
    assert to_stored(copy.copy(read)) == to_stored(pickle.loads(pickle.dumps(read))) == column


@pytest.mark.parametrize(
    "plain",
    [
        *("", "A sentence of before", '{"text": ', '{"text": 5}', '{"a": 1}'),
        '{"text": "%(gone)s", "values": {"come": 1}}',
    ],
)
def test_other_texts_stay_as_they_are(plain):
    assert from_stored(to_stored(plain)) == plain


def test_equal_texts_are_equal():
    assert stored_text(LATE, duration="1") == stored_text(LATE, duration="1")
    assert len({stored_text(LATE, duration="1"), StoredText(LATE, {"duration": "1"})}) == 1
