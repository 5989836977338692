"""The number at the bell: notices that are new, and follow-ups that are due.

It is read with the person at each request, from two indexes; see ``RoleBackend.get_user``.
"""

from django.contrib.auth.models import AnonymousUser, User

BELL_PARAMETER = "bell"
MAX_BELL_NUMBER = 100


def bell_number(user: User | AnonymousUser) -> int:
    """Return the number at the bell of a person who was loaded for a request; at most 100."""
    unseen = len(getattr(user, "notices_unseen", ()))
    due = len(getattr(user, "follow_ups_due", ()))
    return min(unseen + due, MAX_BELL_NUMBER)
