"""A report in words, without counting anything: what it is about, and what is wrong with it."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from config.shipped_names import group_label
from returns.filters.query import Query
from returns.filters.wording import describe_query, say_query
from returns.models import Subscription
from returns.outgoing.pages import FilterWords
from returns.reports.periods import DEFAULT_PERIOD, REPORT_PERIODS, PeriodError, parse_period
from returns.reports.report import (
    CATEGORY_GROUP,
    GROUP_LABELS,
    ONE_GROUP,
    SUBJECTS,
    problems_of,
    scope_query,
)
from returns.reports.scope import Scope
from tags.vocabulary import load_vocabulary

# The labels of the parameters of a subject that choose tag groups.
GROUPS_OF_SUBJECTS = {"why": GROUP_LABELS, "changes": ONE_GROUP, "what": CATEGORY_GROUP}


def find_problems(query: Query, now: datetime) -> list[str]:
    """Return what is wrong with the filters and the period of a report's address."""
    problems = problems_of(Scope(scope_query(query), load_vocabulary()))
    try:
        parse_period(query, now)
    except PeriodError as error:
        problems.append(str(error))
    return problems


def describe_report(subscription: Subscription) -> FilterWords:
    """Return the report that a subscription sends, its period and its filters."""
    subject = subscription.options["report"]
    query = Query.parse(subscription.options.get("query", ""))
    scope, title = scope_query(query), str(SUBJECTS[subject])
    choice = query.get("period") or DEFAULT_PERIOD
    period = str(REPORT_PERIODS.get(choice, choice))
    groups = [
        (str(label), group_label(query.get(name, "")))
        for name, label in GROUPS_OF_SUBJECTS.get(subject, {}).items()
        if query.get(name)
    ]
    rows = [(pgettext("noun", "Report"), title), (_("Period"), period)]
    report = _("report “%(title)s”") % {"title": title}
    return FilterWords(
        [*rows, *describe_query(scope), *groups], [report, period, *say_query(scope)]
    )
