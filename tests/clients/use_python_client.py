"""Uses the client that openapi-python-client makes of the document. See ``__main__``.

It runs in an environment of its own, in the folder where the client was generated.
"""

import os
from datetime import UTC, datetime
from typing import Any


def check(is_so: bool, what: str) -> None:
    """Say what works, or end with what does not."""
    if not is_so:
        raise SystemExit(f"wrong: {what}")
    print(f"ok: {what}")


def use(desk: Any, models: Any, types: Any) -> None:
    """Call each kind of operation, with typed values."""
    from desk_client.api.feed import send_returns
    from desk_client.api.returns import get_return, list_returns
    from desk_client.api.tags import change_return_tags, change_tags_of_returns, list_tags

    reference, now = "Client-openapi-python-client", datetime.now(UTC)
    record = models.FeedRecord(
        return_reference_number=reference,
        state=models.State.RETURNCREATED,
        created_at=datetime(2026, 1, 5, 9, 30, tzinfo=UTC),
        updated_at=now,
    )
    body = models.SendReturnsBody(items=[record])
    sent = send_returns.sync(client=desk, body=body)
    check(not sent.items[0].errors, "a typed record is taken")
    record.updated_at = datetime(2026, 1, 6, tzinfo=UTC)
    again = send_returns.sync(client=desk, body=body)
    check(again.items[0].result == "older", "an older record is answered older")
    read = get_return.sync_detailed(
        reference, client=desk, include=[models.GetReturnIncludeItem.TAG]
    )
    check(read.parsed.changed_at.tzinfo is not None, "a return has its own time")
    check(read.parsed.cargo_carrier is types.UNSET, "what is left out is not set")
    etag = read.headers["ETag"]
    wanted = models.TagsToChange(reference_number=reference, add=[f"client-{now:%H%M%S}"])
    changed = change_return_tags.sync(client=desk, body=wanted, if_match=etag)
    check(len(changed.added) == 1, f"tags were changed: {changed.tag}")
    wanted.add = ["late"]
    late = change_return_tags.sync_detailed(client=desk, body=wanted, if_match=etag)
    check(late.status_code == 412, "who has read an older state is told so")
    check(late.parsed.error.code == "changed_since", "errors are typed, too")
    removed = models.TagsToChangeIf(reference_number=reference, remove=changed.added)
    many = change_tags_of_returns.sync(client=desk, body=models.ManyTagsToChange(items=[removed]))
    check(many.changed == 1, "a batch answers for each return")
    followed = list_returns.sync(client=desk, sort=models.ListReturnsSort.CHANGED, cursor="")
    check(isinstance(followed.next_cursor, str), "who follows has a next cursor")
    dqb = f"o=Equals|None&p=returnReferenceNumber&v={reference}"
    asked = list_returns.sync(client=desk, dqb=dqb, count=1)
    check(asked.data_set_count == 1, "dqb finds the return")
    check(bool(list_tags.sync(client=desk).items), "the vocabulary is listed")


if __name__ == "__main__":
    from desk_client import AuthenticatedClient, models, types

    use(AuthenticatedClient(os.environ["DESK"], token=os.environ["TOKEN"]), models, types)
