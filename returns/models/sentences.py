"""Sentences for shoppers that managers wrote to replace the shipped ones."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from returns.models.states import State


class Language(models.TextChoices):
    """The languages in which shoppers are answered."""

    TURKISH = "tr", _("Turkish")
    ENGLISH = "en", _("English")
    GERMAN = "de", _("German")


class ShopperSentence(models.Model):
    """A sentence that replaces a shipped one; see ``returns.record.sentences``."""

    state = models.CharField(max_length=20, choices=State)
    language = models.CharField(max_length=2, choices=Language)
    text = models.TextField()
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "shopper sentence")
        verbose_name_plural = pgettext_lazy("model", "shopper sentences")
        constraints = [
            models.UniqueConstraint(
                fields=["state", "language"], name="one_sentence_for_state_and_language"
            ),
            models.CheckConstraint(
                condition=~models.Q(text=""), name="shopper_sentence_says_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}, {self.get_language_display()}"
