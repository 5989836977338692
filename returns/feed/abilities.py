"""What other APIs have besides returns, remembered so that they are not asked again and again."""

from datetime import timedelta

from django.db.models.functions import Now

from returns.feed.rejected import to_short_text
from returns.models import RemoteAbility

# After which an API is asked again for what it did not have.
ABILITY_RECHECK = timedelta(days=7)


def find_ability(origin: str, path: str) -> RemoteAbility | None:
    """Return what is known about a path of an API; None if it has to be found out.

    That a path is missing is believed for some days.
    """
    abilities = RemoteAbility.objects.filter(origin=to_short_text(origin), path=path)
    ability = abilities.first()
    if ability and ability.is_missing:
        return abilities.filter(checked_at__gte=Now() - ABILITY_RECHECK).first()
    return ability


def remember_ability(origin: str, path: str, *, is_missing: bool) -> RemoteAbility:
    """Remember whether an API has a path.

    What was queued to be asked for, while it had the path before, has to be queued again.
    """
    ability, _ = RemoteAbility.objects.update_or_create(
        origin=to_short_text(origin),
        path=path,
        defaults={"is_missing": is_missing, "checked_at": Now(), "queued_at": None},
    )
    return ability


def remember_queued(ability: RemoteAbility) -> None:
    """Remember that everything that was stored so far is queued to be asked for."""
    RemoteAbility.objects.filter(pk=ability.pk).update(queued_at=Now())
