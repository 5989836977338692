"""Where charts draw their numbers."""

from returns.reports.charts import Chart, build_chart, with_shares
from returns.reports.figures import Figure, share_figure


def build(*numbers: int | None, is_bars: bool = True) -> Chart:
    figures = [Figure(0, text="–", value="") if n is None else Figure(n) for n in numbers]
    labels = [f"{place}." for place in range(1, len(numbers) + 1)]
    return build_chart("Drawn", labels, {"returns": figures}, is_bars=is_bars)


def test_a_number_stands_where_the_axis_says_it():
    chart = build(0, 5, 20)
    marks = {mark.text: mark.at for mark in chart.y_marks}
    assert list(marks) == ["0", "5", "10", "15", "20"]
    assert [point.y for point in chart.series[0].points] == [marks[n] for n in ("0", "5", "20")]


def test_bars_stand_on_the_axis_the_higher_the_more():
    bars = build(0, 5, 20).series[0].points
    assert {bar.y + bar.height for bar in bars} == {194}
    assert [bar.height for bar in bars] == [0, 46, 184]


def test_what_has_no_number_leaves_a_gap():
    line = build(3, None, 4, is_bars=False).series[0]
    assert [point.label for point in line.points] == ["1.", "3."]


def test_shares_stand_in_the_middle_of_their_bars_where_the_axis_at_the_right_says_them():
    chart = with_shares(build(3, 1), "shares", [share_figure(n, 4) for n in (3, 4)])
    marks = {mark.text: mark.at for mark in chart.right_marks}
    assert [point.y for point in chart.shares.points] == [marks["75%"], marks["100%"]]
    bars = chart.series[0].points
    assert [point.middle for point in chart.shares.points] == [bar.middle for bar in bars]
