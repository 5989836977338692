"""The queues of the warehouse: returns that wait for the same next step."""

from django.db import models

from returns.models import State


class Queue(models.TextChoices):
    """A queue, by its name in addresses and on screen."""

    ON_THE_WAY = "on_the_way", "On the way"
    TO_INSPECT = "to_inspect", "To inspect"
    COMPLETED_TODAY = "completed_today", "Completed today"


STATE_OF = {
    Queue.ON_THE_WAY: State.CREATED,
    Queue.TO_INSPECT: State.ARRIVED,
    Queue.COMPLETED_TODAY: State.COMPLETED,
}
# What waits longest comes first, after what is urgent; and of what is done the latest.
SORT_OF = {
    Queue.ON_THE_WAY: "created",
    Queue.TO_INSPECT: "urgent",
    Queue.COMPLETED_TODAY: "-completed",
}
