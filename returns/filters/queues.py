"""The warehouse's queues: returns that wait for the same next step."""

from django.db import models
from django.utils.translation import pgettext_lazy

from returns.models import State


class Queue(models.TextChoices):
    """A queue, by its name in addresses and its label on screen."""

    ON_THE_WAY = "on_the_way", pgettext_lazy("queue", "On the way")
    TO_INSPECT = "to_inspect", pgettext_lazy("queue", "To inspect")
    COMPLETED_TODAY = "completed_today", pgettext_lazy("queue", "Completed today")


QUEUE_STATES = {
    Queue.ON_THE_WAY: State.CREATED,
    Queue.TO_INSPECT: State.ARRIVED,
    Queue.COMPLETED_TODAY: State.COMPLETED,
}
# The longest wait comes first, in the warehouse after urgent tags. Completed returns: latest first.
QUEUE_SORTS = {
    Queue.ON_THE_WAY: "created",
    Queue.TO_INSPECT: "urgent",
    Queue.COMPLETED_TODAY: "-completed",
}
