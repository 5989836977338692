"""The macros that people ran on a return, for its timeline."""

from datetime import datetime

from django.utils.translation import gettext as _

from returns.models import MacroEffect
from returns.people.person import person_name

MAX_MACRO_STEPS = 50


def macro_steps(record_id: int) -> list[tuple[datetime, str, str]]:
    """Return which macros were run on a return, and undone: when, by whom and what. One query."""
    effects = MacroEffect.objects.filter(record_id=record_id).order_by("-at")
    related = ("run__bulk__asked_by", "run__bulk__action__undone_by")
    effects = effects.select_related(*related).defer("run__bulk__entity_ids")
    steps = []
    for effect in effects[:MAX_MACRO_STEPS]:
        bulk, names = effect.run.bulk, {"name": effect.run.name}
        who = person_name(bulk.asked_by) if bulk.asked_by else ""
        steps.append((effect.at, who, _("Ran the macro “%(name)s”") % names))
        action = bulk.action
        if action and action.undone_at:
            by = person_name(action.undone_by) if action.undone_by else ""
            steps.append((action.undone_at, by, _("Undid the macro “%(name)s”") % names))
    return steps
