"""The warehouse's queues: returns that wait for the same next step."""

from django.db import models

from returns.models import State


class Queue(models.TextChoices):
    """A queue, by its name in addresses and its label on screen."""

    ON_THE_WAY = "on_the_way", "On the way"
    TO_INSPECT = "to_inspect", "To inspect"
    COMPLETED_TODAY = "completed_today", "Completed today"


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
