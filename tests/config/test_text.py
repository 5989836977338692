import pytest

from config.text import shorten


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("12345", "12345"), ("123456", "1234…"), ("ü" * 9, "üüüü…")],
)
def test_a_text_that_is_too_long_ends_in_dots_and_fits(text, shown):
    assert shorten(text, 5) == shown
