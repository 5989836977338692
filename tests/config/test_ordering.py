import pytest

from config.ordering import moved


@pytest.mark.parametrize(
    ("entry", "up", "ordered"),
    [
        ("b", True, "bac"),
        ("b", False, "acb"),
        ("a", True, "abc"),
        ("c", False, "abc"),
        ("d", True, "abc"),
    ],
)
def test_an_entry_moves_one_place_and_stops_at_the_ends(entry, up, ordered):
    assert "".join(moved("abc", entry, up=up)) == ordered


def test_moving_does_not_change_the_given_list():
    entries = ["a", "b"]
    assert moved(entries, "b", up=True) == ["b", "a"]
    assert entries == ["a", "b"]
