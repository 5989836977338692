"""The outbox: what people and programs want to be told, what happened, and what was sent of it."""

import uuid

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import pgettext_lazy

from config.stored_texts import StoredTextField
from config.triggers import after, after_update
from returns.models.occasions import WITHOUT_FILTER, Channel, EventType, Occasion

ADDRESS_LENGTH = 500  # characters


class Subscription(models.Model):
    """What is sent to whom: types of events, a filter of returns, and an address.

    Tags and tag groups are stored by id in ``parameters``. ``secret`` signs messages; until
    ``old_secret_until`` they are signed with ``old_secret`` too. Of a chat, it is the whole
    ``address``. Both are encrypted. ``failures``
    are those in a row; until ``retry_at``, nothing is sent. ``minute_at`` and ``minute_count`` are
    the last minute in which something was sent, and how much. ``off_because`` says why the desk has
    switched it off, and ``options`` is what other occasions and channels need to know; see
    ``returns.outgoing.options``. At ``next_at`` the desk looks whether there is something to tell.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=60)
    occasion = models.CharField(max_length=10, choices=Occasion, default=Occasion.EVENT)
    types = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.WEBHOOK)
    address = models.CharField(max_length=ADDRESS_LENGTH, blank=True)
    secret = models.TextField(blank=True, editable=False)
    old_secret = models.TextField(blank=True, editable=False)
    old_secret_until = models.DateTimeField(null=True, editable=False)
    rate = models.PositiveIntegerField(default=300)  # messages a minute
    is_on = models.BooleanField(default=True)
    off_because = StoredTextField(blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    minute_at = models.DateTimeField(null=True)
    minute_count = models.PositiveIntegerField(default=0)
    options = models.JSONField(db_default={}, default=dict, editable=False)
    next_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        permissions = [
            ("make_webhook", "Can make webhooks"),
            ("change_all_subscriptions", "Can change the notifications of others"),
        ]
        ordering = ["id"]
        verbose_name = pgettext_lazy("model", "subscription")
        verbose_name_plural = pgettext_lazy("model", "subscriptions")
        constraints = [
            models.UniqueConstraint("owner", Lower("name"), name="owner_names_subscription_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_filter(self) -> bool:
        """Whether ``parameters`` say what it is about. A report has the filters of its address."""
        return self.occasion not in WITHOUT_FILTER and "report" not in self.options


class OutgoingEvent(models.Model):
    """Something that happened and that a subscription wants to know; written by triggers.

    It is inserted in the transaction that writes the fact. ``message_id`` is the same in all
    messages about it. ``record_id`` is the return; 0 if it is about none. ``details`` are what the
    return does not tell: the tag, or the number of the comment. ``spread_at`` is when its
    deliveries were made; ``body`` was rendered then, so that all messages about it are equal. A
    redaction empties it.
    """

    message_id = models.UUIDField(default=uuid.uuid4, db_default=RandomUUID(), unique=True)
    type = models.CharField(max_length=30)
    record_id = models.BigIntegerField(db_default=0, default=0)
    at = models.DateTimeField(db_default=Now())
    details = models.JSONField(db_default={}, default=dict)
    body = models.TextField(db_default="", default="", blank=True)
    spread_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "outgoing event")
        verbose_name_plural = pgettext_lazy("model", "outgoing events")
        indexes = [
            models.Index(fields=["id"], condition=Q(spread_at=None), name="event_to_spread"),
            models.Index(fields=["at"], name="event_by_time"),
            models.Index(fields=["record_id"], condition=~Q(body=""), name="event_with_body"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.record_id}"


class DeliveryStatus(models.TextChoices):
    """What became of a message."""

    WAITING = "waiting", pgettext_lazy("delivery", "waiting")
    SENT = "sent", pgettext_lazy("delivery", "delivered")
    # The return was deleted and redacted before it could be sent.
    DROPPED = "dropped", pgettext_lazy("delivery", "dropped")


class Delivery(models.Model):
    """An event that goes to a subscription, and the last attempt to send it.

    Later deliveries of the same subscription and return wait for it. ``answer`` is the HTTP status,
    0 if there was none; ``problem`` then says why. Without ``tried_at`` it was never sent. ``lead``
    is the first delivery of those that are told in one message.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, db_index=False)
    event = models.ForeignKey(OutgoingEvent, models.CASCADE)
    record_id = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=DeliveryStatus, default=DeliveryStatus.WAITING)
    made_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    try_at = models.DateTimeField(db_default=Now())
    tried_at = models.DateTimeField(null=True)
    answer = models.PositiveSmallIntegerField(default=0, db_default=0)
    problem = StoredTextField(blank=True, db_default="")
    milliseconds = models.PositiveIntegerField(default=0, db_default=0)
    lead = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "delivery")
        verbose_name_plural = pgettext_lazy("model", "deliveries")
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "event"], name="event_is_delivered_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["subscription", "id"],
                condition=Q(status=DeliveryStatus.WAITING),
                name="delivery_to_send",
            ),
            models.Index(
                fields=["subscription", "record_id", "id"],
                condition=Q(status=DeliveryStatus.WAITING),
                name="delivery_before_another",
            ),
            models.Index(
                fields=["subscription", "-tried_at"],
                condition=Q(tried_at__isnull=False),
                name="delivery_by_attempt",
            ),
            models.Index(
                fields=["record_id"], condition=~Q(record_id=0), name="delivery_of_return"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.subscription}"


class ToldMoment(models.Model):
    """Something that time alone brings about and that has been told, so that it is told once.

    ``number`` is the return, or the second at which a silence began; 0 marks since when there is
    anybody to be told.
    """

    type = models.CharField(max_length=30)
    number = models.BigIntegerField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        default_permissions = ()
        verbose_name = pgettext_lazy("model", "told moment")
        verbose_name_plural = pgettext_lazy("model", "told moments")
        constraints = [
            models.UniqueConstraint(fields=["type", "number"], name="moment_is_told_once")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.number}"


def write_if_wanted(types: list[EventType], select: str) -> str:
    """Return SQL that writes events of these types, if a subscription wants any of them.

    ``select`` gives the type, the return, the details and the order among those of a return.
    """
    wanted = ", ".join(f"'{each.value}'" for each in types)
    return f"""IF EXISTS (
            SELECT FROM returns_subscription
            WHERE is_on AND types && ARRAY[{wanted}]::varchar[]
        ) THEN
        EXECUTE $sql$
            INSERT INTO returns_outgoingevent (type, record_id, details)
            SELECT happened.type, happened.record_id, happened.details
            FROM ({select}) AS happened (type, record_id, details, place)
            WHERE happened.type IN (SELECT unnest(types) FROM returns_subscription WHERE is_on)
            ORDER BY happened.record_id, happened.place
        $sql$;
    END IF;"""  # noqa: S608 - our own names


def events_of_tags() -> list[pgtrigger.Trigger]:
    """Return triggers of taggings that write which tags were added and removed."""
    return [
        after(pgtrigger.Insert, "outgoing_added", _tagged("new_values"), new="new_values"),
        after(pgtrigger.Delete, "outgoing_removed", _untagged("old_values"), old="old_values"),
        after_update(
            "outgoing_replaced",
            _untagged(_only("old_values", "new_values"))
            + _tagged(_only("new_values", "old_values")),
        ),
    ]


def _only(these: str, those: str) -> str:
    pairs = "SELECT entity_id, tag_id FROM"
    return f"({pairs} {these} EXCEPT {pairs} {those})"


def _tagged(rows: str) -> str:
    return write_if_wanted([EventType.TAGGED], _tags_of(EventType.TAGGED, rows))


def _untagged(rows: str) -> str:
    return write_if_wanted([EventType.UNTAGGED], _tags_of(EventType.UNTAGGED, rows))


def _tags_of(type_: EventType, rows: str) -> str:
    return f"""
        SELECT '{type_.value}', tagging.entity_id, jsonb_build_object('tag', tag.name), tag.id
        FROM {rows} AS tagging JOIN tags_tag tag ON tag.id = tagging.tag_id
    """  # noqa: S608 - our own names


def event_of_comment() -> pgtrigger.Trigger:
    """Return the trigger of comments that writes the number of a new one, but not its text."""
    select = f"""
        SELECT '{EventType.COMMENT.value}', record_id, jsonb_build_object('comment', id), id
        FROM new_values
    """  # noqa: S608 - our own names
    sql = write_if_wanted([EventType.COMMENT], select)
    return after(pgtrigger.Insert, "outgoing_comment", sql, new="new_values")


def event_of_rejected() -> pgtrigger.Trigger:
    """Return the trigger of rejected records that writes how many a run has brought."""
    select = f"""
        SELECT '{EventType.REJECTED.value}', 0,
            jsonb_build_object('run', run_id, 'rejected', count(*)), run_id
        FROM new_values GROUP BY run_id
    """  # noqa: S608 - our own names
    sql = write_if_wanted([EventType.REJECTED], select)
    return after(pgtrigger.Insert, "outgoing_rejected", sql, new="new_values")
