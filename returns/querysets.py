"""Which returns: each method is one rule and can be chained."""

from django.db import models


class ReturnQuerySet(models.QuerySet):
    """Rules about returns."""
