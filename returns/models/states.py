"""The states of a return."""

from django.db import models
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    """The three states of a return: the WMS's value and the label on screen."""

    CREATED = "ReturnCreated", pgettext_lazy("state", "Created")
    ARRIVED = "ArrivedToWarehouse", pgettext_lazy("state", "Arrived")
    COMPLETED = "Completed", pgettext_lazy("state", "Completed")
