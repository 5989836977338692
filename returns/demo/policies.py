"""The deadlines of the demo."""

from returns.deadlines.editing import save_policy, to_parameters
from returns.filters.query import Query
from returns.models import DeadlinePolicy, Unit

# Name, filter, and business days; the first that matches applies.
POLICIES = (
    ("Priority", "tag_any=urgent-refund&tag_any=priority-return&tag_any=vip-customer", 1),
    ("Everything else", "", 3),
)


def set_up_policies() -> None:
    """Create the demo's deadlines, unless there are deadlines already."""
    if DeadlinePolicy.objects.exists():
        return
    for name, query, days in POLICIES:
        parameters = to_parameters(Query.parse(query))
        unit = Unit.BUSINESS_DAYS
        save_policy(DeadlinePolicy(name=name, parameters=parameters, amount=days, unit=unit))
