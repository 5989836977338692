"""The queues of what has to be asked of another API, filled by triggers of returns."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy

from config.triggers import after, after_update

# The paths of line items at a Returns API, of one return and of many.
ITEMS_PATH, MANY_ITEMS_PATH = "Returns/{reference}", "Returns/returnsWithLineItems"
# The newest record of the return did not bring its line items.
LACKS_ITEMS = "({row}.line_items IS NULL OR {row}.stamps ? 'line_items')"


class RecordRequest(models.Model):
    """A record that has to be asked for, because a return was written.

    Rows are only added, so that no two writers wait for each other: a record may have several.
    ``tries`` counts the answers without the record, and ``due_at`` is when to ask again.
    """

    reference = models.CharField(max_length=100)
    requested_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(db_default=0)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.reference


class ItemRequest(RecordRequest):
    """A return whose line items have to be asked for."""

    class Meta:
        default_permissions = []
        verbose_name = pgettext_lazy("model", "requested line items")
        verbose_name_plural = pgettext_lazy("model", "requested line items")
        indexes = [models.Index(fields=["reference"], name="request_of_items")]


def request_triggers(
    name: str, table: str, path: str, *, new: str, changed: str
) -> list[pgtrigger.Trigger]:
    """Return triggers of returns that request records because of those that a statement wrote.

    ``new`` and ``changed`` are what to select; only while there is an API with this path to ask.
    """
    from_new, from_changed = _request(table, path, new), _request(table, path, changed)
    return [
        after(pgtrigger.Insert, f"{name}_of_new", from_new, new="new_values"),
        after_update(f"{name}_of_changed", from_changed),
    ]


def _request(table: str, path: str, select: str) -> str:
    # Through EXECUTE, so that it is planned for these rows; see ``events.return_changed``.
    return f"""IF EXISTS (
            SELECT FROM returns_remoteability WHERE path = '{path}' AND NOT is_missing
        ) THEN
        EXECUTE $sql$
            INSERT INTO {table} (reference) SELECT DISTINCT {select} ORDER BY 1
        $sql$;
    END IF;"""


def item_request_triggers() -> list[pgtrigger.Trigger]:
    """Return triggers of returns that request line items; see ``returns.feed.item_pulling``."""
    column = "return_reference_number"
    return request_triggers(
        "requested_items",
        "returns_itemrequest",
        ITEMS_PATH,
        new=f"n.{column} FROM new_values n WHERE {LACKS_ITEMS.format(row='n')}",
        changed=f"""n.{column} FROM old_values o JOIN new_values n ON o.id = n.id
            WHERE o.updated_at <> n.updated_at AND {LACKS_ITEMS.format(row="n")}""",
    )
