"""When subscriptions of the outbox send something, what it is about, and how it is sent."""

from django.db import models
from django.utils.translation import pgettext_lazy


class EventType(models.TextChoices):
    """What happened. The values are the names in messages, so they never change."""

    CREATED = "return.created", pgettext_lazy("event type", "A return is created")
    ARRIVED = "return.arrived", pgettext_lazy("event type", "A return arrives")
    COMPLETED = "return.completed", pgettext_lazy("event type", "A return is completed")
    CHANGED = "return.changed", pgettext_lazy("event type", "A return changes")
    ITEMS = "item.changed", pgettext_lazy("event type", "The line items of a return change")
    TAGGED = "return.tagged", pgettext_lazy("event type", "A return is tagged")
    UNTAGGED = "return.untagged", pgettext_lazy("event type", "A tag is removed from a return")
    COMMENT = "comment.added", pgettext_lazy("event type", "Somebody comments on a return")
    AT_RISK = "deadline.at_risk", pgettext_lazy("event type", "A return may miss its deadline")
    LATE = "deadline.late", pgettext_lazy("event type", "A return is late")
    SILENT = "feed.silent", pgettext_lazy("event type", "The feed is silent")
    REJECTED = "feed.rejected", pgettext_lazy("event type", "Records of the feed are rejected")


class OccasionType(models.TextChoices):
    """What a subscription with another occasion than an event tells. The values never change."""

    MATCHED = "return.matched", pgettext_lazy("event type", "A return begins to match")
    COUNT = "list.count", pgettext_lazy("event type", "More returns match than a number")
    TIMED = "list.timed", pgettext_lazy("event type", "The number of matching returns")
    RULE = "rule.matched", pgettext_lazy("event type", "A rule matches a return")


# A message that somebody asks for on the page of a subscription.
TEST_TYPE = "test.ping"


class Occasion(models.TextChoices):
    """When a subscription sends something."""

    EVENT = "event", pgettext_lazy("occasion", "something happens to a return")
    MATCH = "match", pgettext_lazy("occasion", "a return begins to match the filter")
    COUNT = "count", pgettext_lazy("occasion", "more returns match than a number")
    TIMED = "timed", pgettext_lazy("occasion", "daily or weekly, at a time")
    SILENCE = "silence", pgettext_lazy("occasion", "the feed is silent")
    RULE = "rule", pgettext_lazy("occasion", "only when a rule says so")


# These are about what a rule matches, or about no return at all.
WITHOUT_FILTER = (Occasion.RULE, Occasion.SILENCE)


class Channel(models.TextChoices):
    """How a subscription sends."""

    BELL = "bell", pgettext_lazy("channel", "the bell")
    EMAIL = "email", pgettext_lazy("channel", "e-mail")
    CHAT = "chat", pgettext_lazy("channel", "chat (Slack, Teams and others)")
    WEBHOOK = "webhook", pgettext_lazy("channel", "webhook, for programs")


# Where a message is for people to read: what waits is told at once. The first two are for oneself.
CHANNELS_TO_READ = (Channel.BELL, Channel.EMAIL, Channel.CHAT)
OWN_CHANNELS = (Channel.BELL, Channel.EMAIL)
