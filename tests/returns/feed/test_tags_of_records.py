"""The tags of returns depend on the records alone, in whatever order and batches they come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from returns.feed.ingest import ingest
from returns.feed.parsing import parse_record
from returns.models import Return, ReturnTag, State
from tests.trials import tried_on

START = datetime(2026, 1, 5, tzinfo=UTC)
TAGS = ("urgent-refund", "standard", "wrong-size", "Wrong Size", "books", "fragile", "new name")
RECORDS = st.builds(
    lambda reference, minute, tags, state: {
        "returnReferenceNumber": f"R-{reference}",
        "state": state,
        "createdAt": START.isoformat(),
        "updatedAt": (START + timedelta(minutes=minute)).isoformat(),
        "arrivedToWarehouseAt": START.isoformat() if state != State.CREATED else None,
        "completedAt": START.isoformat() if state == State.COMPLETED else None,
        "tag": ",".join(tags),
    },
    st.integers(1, 3),
    st.integers(0, 5),
    st.lists(st.sampled_from(TAGS), max_size=4, unique=True),
    st.sampled_from(State.values),
)


def taggings(records: list[dict], size: int) -> set[tuple[str, str]]:
    ingest(map(parse_record, records), source="feed", batch_size=size)
    rows = ReturnTag.objects.values_list("entity__return_reference_number", "tag__name")
    found = {(reference, name.casefold().replace(" ", "-")) for reference, name in rows}
    ReturnTag.objects.all().delete()
    Return.objects.all().delete()
    return found


class TagsOfRecords(TestCase):
    @tried_on(200)
    @given(st.lists(RECORDS, min_size=2, max_size=12), st.data())
    def test_any_order_and_any_batches_end_in_the_same_taggings(self, records, data):
        whole = taggings(records, 5_000)
        shuffled = data.draw(st.permutations(records))
        assert taggings(shuffled, data.draw(st.integers(1, 5))) == whole
