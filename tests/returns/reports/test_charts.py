"""Where charts draw their numbers."""

from returns.reports.charts import Chart, chart_of, with_shares
from returns.reports.figures import Figure, percent_in_words


def drawn(*numbers: int | None, beside: bool = True) -> Chart:
    figures = [Figure(0, words="–", value="") if n is None else Figure(n) for n in numbers]
    labels = [f"{place}." for place in range(1, len(numbers) + 1)]
    return chart_of("Drawn", labels, {"returns": figures}, beside=beside)


def test_a_number_stands_where_the_axis_says_it():
    chart = drawn(0, 5, 20)
    marks = {mark.words: mark.at for mark in chart.up}
    assert list(marks) == ["0", "5", "10", "15", "20"]
    assert [point.y for point in chart.series[0].points] == [marks[n] for n in ("0", "5", "20")]


def test_bars_stand_on_the_axis_the_higher_the_more():
    bars = drawn(0, 5, 20).series[0].points
    assert {bar.y + bar.height for bar in bars} == {194}
    assert [bar.height for bar in bars] == [0, 46, 184]


def test_what_has_no_number_leaves_a_gap():
    line = drawn(3, None, 4, beside=False).series[0]
    assert [point.label for point in line.points] == ["1.", "3."]


def test_shares_stand_in_the_middle_of_their_bars_where_the_axis_at_the_right_says_them():
    chart = with_shares(drawn(3, 1), "shares", [percent_in_words(n, 4) for n in (3, 4)])
    marks = {mark.words: mark.at for mark in chart.side}
    assert [point.y for point in chart.shares.points] == [marks["75%"], marks["100%"]]
    bars = chart.series[0].points
    assert [point.middle for point in chart.shares.points] == [bar.middle for bar in bars]
