"""Our functions format what Django's do."""

import pytest
from django.utils import html
from django.utils.functional import lazystr
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st

from config import markup

TEXT = "<b title='{}'>{}</b>{name}"


class Element:
    """Knows its HTML."""

    def __html__(self) -> str:
        return "<i>&amp;</i>"


VALUES = st.one_of(
    st.text(),
    st.text("<>&\"'`= "),
    st.text().map(mark_safe),
    st.text().map(lazystr),
    st.integers(),
    st.booleans(),
    st.floats(),
    st.none(),
    st.sampled_from([Element(), gettext_lazy("Tags"), b"<", ["<"]]),
)


@given(VALUES, VALUES, VALUES)
def test_values_are_escaped_once(first, second, third):
    formatted = markup.format_html(TEXT, first, second, name=third)
    assert formatted == html.format_html(TEXT, first, second, name=third)
    assert type(formatted) is SafeString


@given(VALUES, st.lists(st.tuples(VALUES, VALUES)))
def test_rows_are_joined(separator, rows):
    joined = markup.format_html_join(separator, "<b>{}{}</b>", rows)
    assert joined == html.format_html_join(separator, "<b>{}{}</b>", rows)
    assert type(joined) is SafeString


@given(st.lists(VALUES))
def test_parts_are_joined(parts):
    joined = markup.join_html(parts)
    assert joined == html.format_html_join("", "{}", ((each,) for each in parts))
    assert type(joined) is SafeString


@given(VALUES, VALUES)
def test_a_field_may_be_repeated_and_braces_doubled(first, second):
    text = "<b title='{1}'>{0}{{}}</b>{0}{name}"
    formatted = markup.format_html(text, first, second, name=first)
    assert formatted == html.format_html(text, first, second, name=first)


@pytest.mark.parametrize("text", ["{:>5}", "{name!r}"])
def test_a_field_has_no_format_of_its_own(text):
    with pytest.raises(ValueError, match="format of its own"):
        markup.format_html(text, 1, name=1)


@pytest.mark.parametrize("text", ["{}", "{name}"])
def test_a_field_without_a_value_is_an_error(text):
    with pytest.raises((IndexError, KeyError)):
        markup.format_html(text)
