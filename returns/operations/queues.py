# ruff: noqa: S608 - the parts of these statements are our own
"""The queues of the background work: how much waits in each, and for how long.

A queue that is declared here is shown to admins, and in the metrics.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from config.numbers import grouped
from returns.models import Loop
from returns.people.password_reset import GIVE_UP_AFTER

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# More are not counted: a page shows them with a "+", and a metric stays at one more.
MAX_WAITING = 10_000
MAIL_SECONDS = int(GIVE_UP_AFTER.total_seconds())


@dataclass(frozen=True, slots=True)
class QueueKind:
    """A queue in a table of the database, and the loop that works it off.

    ``name`` is that of the job, in metrics. ``at`` is the time since when a row waits; "NULL" if
    the table does not have it. ``order`` brings those that wait longest first, from an index or of
    a table that stays small, so that only ``MAX_WAITING`` rows are read however many wait.
    """

    name: str
    label: "StrOrPromise"
    loop: Loop
    table: str
    at: str
    condition: str = "true"
    order: str = "id"

    @property
    def sql(self) -> str:
        """Return the statement that reads the number and the seconds that the oldest has waited."""
        return f"""
            SELECT count(*), extract(epoch FROM clock_timestamp() - min(at))::float FROM (
                SELECT {self.at}::timestamptz AS at FROM {self.table} WHERE {self.condition}
                ORDER BY {self.order} LIMIT {MAX_WAITING + 1}
            ) AS waiting
        """


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue as it is now. ``depth`` is None if it could not be counted in time."""

    kind: QueueKind
    depth: int | None
    oldest_seconds: float | None

    @property
    def count(self) -> str:
        """Return how much waits, for people."""
        if self.depth is None:
            return ""
        return f"{grouped(MAX_WAITING)}+" if self.depth > MAX_WAITING else grouped(self.depth)


QUEUES = (
    QueueKind(
        "rules", _("Returns waiting for rules"), Loop.STEPS, "returns_ruleevent", "queued_at"
    ),
    QueueKind(
        "bulk-tagging",
        _("Bulk taggings in progress"),
        Loop.STEPS,
        "tags_bulktagging",
        "asked_at",
        "status IN ('running', 'undoing')",
    ),
    QueueKind(
        "undo",
        _("Imports being undone"),
        Loop.STEPS,
        "returns_runundo",
        "began_at",
        "ended_at IS NULL",
    ),
    QueueKind(
        "summaries",
        _("Returns to be counted for reports"),
        Loop.STEPS,
        "returns_uncountedreturn",
        "NULL",
    ),
    QueueKind(
        "mail",
        _("Mails to reset a password"),
        Loop.STEPS,
        "returns_passwordreset",
        "at",
        # Those that are older are not tried any more.
        f"sent_at IS NULL AND person_id IS NOT NULL AND at > now() - interval '{MAIL_SECONDS} s'",
        "at",
    ),
    QueueKind(
        "uploads",
        _("Files to be imported"),
        Loop.FILES,
        "returns_upload",
        "wanted_at",
        "wanted_at IS NOT NULL",
        "wanted_at",
    ),
    QueueKind(
        "exports",
        _("Exports to be made"),
        Loop.FILES,
        "returns_export",
        "asked_at",
        "status IN ('waiting', 'running')",
    ),
    QueueKind(
        "outbox",
        _("Events to be sent to programs"),
        Loop.STEPS,
        "returns_outgoingevent",
        "at",
        "spread_at IS NULL",
    ),
    QueueKind(
        "webhooks",
        _("Webhooks to be sent"),
        Loop.OUTGOING,
        "returns_delivery",
        "made_at",
        # What is switched off waits for a person.
        "status = 'waiting' AND "
        "subscription_id IN (SELECT id FROM returns_subscription WHERE is_on)",
    ),
    QueueKind(
        "items",
        _("Line items to be pulled"),
        Loop.SYNC,
        "returns_itemrequest",
        "requested_at",
    ),
    QueueKind(
        "orders",
        _("Orders to be pulled"),
        Loop.SYNC,
        "returns_orderrequest",
        "requested_at",
    ),
)
