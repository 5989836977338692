"""Forgetting the files that were made, because something in them was redacted."""

from returns.models import Export, Progress


def forget_made() -> None:
    """Delete all exports that are made or being made; those that wait are made from what is left.

    None of these begins before the transaction ends.
    """
    waiting = Export.objects.filter(status=Progress.WAITING)
    list(waiting.order_by("pk").select_for_update().values_list("pk"))
    Export.objects.exclude(status=Progress.WAITING).delete()
