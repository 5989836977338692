"""The saved views that roles begin with; then they are the customer's own."""

from typing import Any

from returns.filters.fields import TAG_PARAMETERS

OPEN = ["ArrivedToWarehouse", "ReturnCreated"]

# Name, and the filter by names; the urgent refunds are those that nobody completed yet.
VIEWS: list[tuple[str, dict[str, list[str]]]] = [
    ("Arrived today", {"arrived_from": ["today"]}),
    (
        "Waiting over 48 h",
        {"state": ["ArrivedToWarehouse"], "waiting_over": ["48"], "sort": ["arrived"]},
    ),
    ("Urgent refunds", {"state": OPEN, "tag": ["urgent-refund"]}),
    ("No reason tag", {"state": ["ArrivedToWarehouse"], "missing_group": ["Return reason"]}),
    ("Completed this week", {"completed_from": ["week"]}),
]


def load(
    view_model: Any, role_model: Any, tag_model: Any, group_model: Any, roles: list[str]
) -> None:
    """Create the views for each of the roles; one whose tag or group is not there is left out.

    The models are arguments so that a migration can hand in the ones of its time.
    """
    tag_ids = dict(tag_model.objects.values_list("name", "id"))
    group_ids = dict(group_model.objects.values_list("name", "id"))
    ids = {"missing_group": group_ids} | dict.fromkeys(TAG_PARAMETERS, tag_ids)
    for role_name in roles:
        role, _ = role_model.objects.get_or_create(name=role_name)
        for position, (name, said) in enumerate(VIEWS, start=1):
            parameters = {key: [ids.get(key, {}).get(v, v) for v in said[key]] for key in said}
            known = all(isinstance(v, int) for key in ids for v in parameters.get(key, []))
            if known:
                view_model.objects.create(
                    name=name, role=role, parameters=parameters, position=position
                )
