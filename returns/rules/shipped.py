"""The rules that a desk begins with, switched off; then they are the customer's own."""

from typing import Any

# Name, moment, filter, and the tag that it adds.
RULES: list[tuple[str, str, dict[str, list[str]], str]] = [
    ("Damaged on the way", "created", {"notes": ["damaged", "hasar"]}, "damaged-shipping"),
    ("Third return of an order", "created", {"order_returns": ["3"]}, "investigate"),
    (
        "Waiting over 48 h",
        "hourly",
        {"state": ["ArrivedToWarehouse"], "waiting_over": ["48"]},
        "priority-return",
    ),
]


def load(rule_model: Any, tag_model: Any) -> None:
    """Create the rules, unless there are some already; one whose tag is not there is left out.

    The models are arguments so that a migration can hand in the ones of its time.
    """
    if rule_model.objects.exists():
        return
    tag_ids = dict(tag_model.objects.values_list("name", "id"))
    known = [rule for rule in RULES if rule[-1] in tag_ids]
    for position, (name, moment, parameters, tag) in enumerate(known, start=1):
        rule_model.objects.create(
            name=name,
            moment=moment,
            parameters=parameters,
            adds=[tag_ids[tag]],
            position=position,
        )
