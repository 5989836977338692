"""What a filter says, in words, as pages show it."""

from django.http import QueryDict

from returns.filters.problems import Problem
from returns.filters.queues import Queue
from returns.models import Deadline, State

# What each parameter is about.
KINDS = {
    "q": "search",
    "state": "state",
    "queue": "queue",
    "order": "order reference",
    "order_is": "order",
    "reference": "return reference",
    "tracking": "tracking ID",
    "tag": "tags",
    "tag_any": "any of",
    "tag_none": "not",
    "missing_group": "no tag of",
    "notes": "notes contain",
    "carrier": "carrier",
    "channel": "channel",
    "source": "source",
    "missing": "without",
    "group": "grouped by",
    "order_returns": "return of its order, at least number",
    "waiting_over": "waiting over",
    "waiting_under": "waiting under",
    "on_the_way_over": "on the way over",
    "on_the_way_under": "on the way under",
    "took_over": "took at least",
    "took_under": "took less than",
    "took": "time taken",
    "arrived_weekday": "arrived on a",
    "rule": "tagged by the rule",
    "rule_undone": "tagged by the rule, and undone",
    "rule_from": "tagged by a rule from",
    "rule_to": "tagged by a rule to",
    "problem": "problem",
    "created_from": "created from",
    "created_to": "created to",
    "arrived_from": "arrived from",
    "arrived_to": "arrived to",
    "completed_from": "completed from",
    "completed_to": "completed to",
    "open_at": "in the warehouse at the end of",
    "deadline": "deadline",
    "sort": "sorted by",
}
HOURS = (
    *("waiting_over", "waiting_under", "on_the_way_over", "on_the_way_under"),
    *("took_over", "took_under"),
)
UNITS = dict.fromkeys(HOURS, " h")
# What ``missing`` calls by the parameters' names.
FACTS = {"order": "order reference", "tracking": "tracking ID"}
JOINS = {"tag": " and ", "missing": " and "}


def value_in_words(name: str, value: str) -> str:
    """Return a value of a parameter as people say it."""
    if name == "state" and value in State.values:
        return str(State(value).label)
    if name == "queue" and value in Queue.values:
        return str(Queue(value).label)
    if name == "arrived_weekday":
        return value.capitalize()
    if name == "missing":
        return FACTS.get(value, value)
    if name == "problem" and value in Problem.values:
        return str(Problem(value).label)
    if name == "deadline" and value in Deadline.values:
        return str(Deadline(value).label)
    return f"{value}{UNITS.get(name, '')}"


def in_words(query: QueryDict) -> list[tuple[str, str]]:
    """Return for each parameter of a query string what it is about, and what it asks for."""
    return [
        (KINDS.get(name, name), JOINS.get(name, " or ").join(value_in_words(name, v) for v in said))
        for name, said in query.lists()
    ]
