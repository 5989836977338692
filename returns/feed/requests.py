# ruff: noqa: S608 - built from the names of our own tables alone
"""The queues of what has to be asked of another API. Triggers of returns add to them too.

A row is deleted once its record is written. So a pull that is killed asks again.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from psycopg.errors import LockNotAvailable

from returns.feed.abilities import find_ability, remember_ability, remember_queued
from returns.models import RemoteAbility
from returns.models.requests import RecordRequest

logger = logging.getLogger(__name__)

# After an answer without the record; it is given up when there is no pause left.
RETRY_PAUSES = (timedelta(hours=1), timedelta(days=1))
MAX_REQUEST_TRIES = len(RETRY_PAUSES) + 1
# Somebody may be writing many returns in one transaction, and all others would wait behind us.
MAX_WAIT_FOR_WRITERS = "3s"
# Requests that are looked at to find so many different records.
LOOKED_AT = 5
# The newest requests first: those are the returns that people look at.
DUE_REQUESTS = """
    SELECT reference, array_agg(id ORDER BY id), min(tries) FROM {table}
    WHERE reference IN (
        SELECT reference FROM {table}
        WHERE due_at <= statement_timestamp() ORDER BY id DESC LIMIT %(rows)s
    )
    GROUP BY reference ORDER BY max(id) DESC LIMIT %(most)s
"""
MAX_QUERY_LENGTH = 3_000  # characters; servers read about 8,000 of an address
# In a list of values, a comma ends a value and this word means that there is none.
NO_VALUE = "null"


@dataclass(frozen=True, slots=True)
class DueRequest:
    """A record to ask for, with the ids of its rows; ``tries`` counts answers without it."""

    reference: str
    ids: tuple[int, ...]
    tries: int


@dataclass(frozen=True, slots=True)
class RequestQueue:
    """A queue of records that an API has under ``path``; ``what`` are they for the log."""

    model: type[RecordRequest]
    path: str
    what: str

    def due(self, most: int) -> list[DueRequest]:
        """Return the records to ask for now, at most so many; the newest requests first."""
        select = DUE_REQUESTS.format(table=self.model._meta.db_table)
        with connection.cursor() as cursor:
            cursor.execute(select, {"rows": most * LOOKED_AT, "most": most})
            return [DueRequest(name, tuple(ids), tries) for name, ids, tries in cursor.fetchall()]

    def count(self) -> int:
        """Return how many records are still to be asked for."""
        return self.model._default_manager.values("reference").distinct().count()

    def settle(self, answered: Sequence[DueRequest], unanswered: Sequence[DueRequest]) -> None:
        """Delete the requests of records that came, and put the others off, or give them up."""
        rows = self.model._default_manager
        rows.filter(pk__in=_ids(answered)).delete()
        for tries, pause in enumerate(RETRY_PAUSES, start=1):
            again = [each for each in unanswered if each.tries == tries - 1]
            latest = [each.ids[-1] for each in again]
            rows.filter(pk__in=latest).update(tries=tries, due_at=Now() + pause)
            rows.filter(pk__in=set(_ids(again)).difference(latest)).delete()
        given_up = [each for each in unanswered if each.tries + 1 >= MAX_REQUEST_TRIES]
        rows.filter(pk__in=_ids(given_up)).delete()

    def is_served(
        self,
        origin: str,
        *,
        ask_again: bool,
        probe: Callable[[], bool],
        request_all: Callable[[RemoteAbility], int],
    ) -> bool:
        """Tell whether the API has such records; if that is new, request those of all returns.

        ``probe`` asks for some; it returns False if there are none to ask for yet.
        """
        ability = None if ask_again else find_ability(origin, self.path)
        if ability is None:
            if not probe():
                return False
            ability = self.begin(origin)
            if ability is None:
                logger.info("%s are pulled next time: many returns are being written.", self.what)
                return False
        if not ability.is_missing and ability.queued_at is None:
            count = request_all(ability)
            logger.info("Requested the %s of all returns: %s.", self.what.lower(), count)
        return not ability.is_missing

    def begin(self, origin: str) -> RemoteAbility | None:
        """Remember that an API has the path. From now on, returns that are written add requests.

        Writers of returns that began earlier are waited for, so that ``request`` sees what they
        wrote; others wait behind us. Returns None if it takes too long.
        """
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('lock_timeout', %s, true)", [MAX_WAIT_FOR_WRITERS]
                )
                cursor.execute("LOCK TABLE returns_return IN SHARE ROW EXCLUSIVE MODE")
                return remember_ability(origin, self.path, is_missing=False)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                return None
            raise

    @transaction.atomic
    def request(self, ability: RemoteAbility, select: str, params: Sequence[str] = ()) -> int:
        """Request the references that SQL selects, each of them once; return how many."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {self.model._meta.db_table} (reference, tries) "
                f"SELECT reference, {MAX_REQUEST_TRIES - 1} FROM ({select}) AS stored "
                "ORDER BY newest",
                params,
            )
            count = int(cursor.rowcount)
        remember_queued(ability)
        return count


def _ids(requests: Sequence[DueRequest]) -> list[int]:
    return [pk for each in requests for pk in each.ids]


def is_askable_together(reference: str) -> bool:
    """Tell whether a reference can be in a list of values."""
    return "," not in reference and reference.lower() != NO_VALUE


def batches_of(
    references: Sequence[str], query: Callable[[Sequence[str]], str]
) -> Iterator[list[str]]:
    """Yield the references in batches whose query fits into an address."""
    batch: list[str] = []
    for reference in references:
        if batch and len(quote(query([*batch, reference]))) > MAX_QUERY_LENGTH:
            yield batch
            batch = []
        batch.append(reference)
    if batch:
        yield batch


def query_of(name: str, references: Sequence[str], count: int) -> str:
    """Return the DynamicQueryBuilder query for the records with these references."""
    values = ",".join(quote(each, safe="") for each in references)
    return f"o=In&p={name}&v={values}&offset=0&count={count}"
