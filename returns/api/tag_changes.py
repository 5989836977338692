"""Adding and removing single tags, of one return or of many, for a program.

Names may be synonyms. Whatever is wrong is named, for each return by itself: the others are done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from returns.api.errors import ApiError, ErrorDetail, InvalidRequest
from returns.api.payloads import find_returns
from returns.api.properties import quote
from returns.api.tag_schemas import ManyTagsToChange, TagsToChange, TagsToChangeIf
from returns.api.tagging import TaggedPayload, program_of, tags_payload
from returns.api.versions import (
    changed_since,
    check_version,
    matches,
    parse_versions,
    read_versions,
)
from returns.models import ApiToken, ReturnTag
from tags import tagging
from tags.changing import Changed, Wanted, change_tags
from tags.vocabulary import VocabularyError, clean_tag_name

RESULTS = ("changed", "unchanged", "notFound", "changedSince", "rejected")


@dataclass(frozen=True)
class _Outcome:
    """What became of one entry; ``pk`` is the return's id if there is one."""

    result: str
    errors: Sequence[ErrorDetail] = ()
    pk: int | None = None
    changed: Changed | None = None


def change_return_tags(
    wanted: TagsToChange, token: ApiToken, versions: list[str] | None
) -> TaggedPayload:
    """Add and remove tags of a return, and return what changed, ready for JSON.

    ``versions`` are the ETags of which the return must have one, if any are given. Raises
    ``ApiError`` if there is no such return or it has another version, and ``InvalidRequest`` with
    everything that is wrong.
    """
    if errors := _wrong_names(wanted, ""):
        raise InvalidRequest(*errors)
    pk = find_returns([wanted.reference_number]).get(wanted.reference_number)
    if pk is None:
        raise _no_return()

    def left_alone() -> Sequence[int]:
        check_version(versions, pk)
        return ()

    ask = [Wanted(pk, wanted.add, wanted.remove)]
    done = change_tags(ReturnTag, ask, program=program_of(token), left_alone=left_alone)
    if pk not in done:
        raise _no_return()
    if errors := _refusals(done[pk], ""):
        raise InvalidRequest(*errors)
    return TaggedPayload(pk, tags_payload(wanted.reference_number, done[pk]))


def change_many_tags(wanted: ManyTagsToChange, token: ApiToken) -> dict[str, Any]:
    """Add and remove tags of many returns, as one action, and return the result for each."""
    pks = find_returns([each.reference_number for each in wanted.items])
    outcomes: dict[int, _Outcome] = {}
    asked: dict[int, int] = {}  # the place of each return
    versions: dict[int, list[str]] = {}
    for place, each in enumerate(wanted.items):
        pk = pks.get(each.reference_number)
        errors = _problems(each, f"items[{place}].", is_repeated=pk in asked)
        if pk is None:
            outcomes[place] = _not_found(place, errors)
        elif errors:
            outcomes[place] = _Outcome("rejected", errors, pk)
        else:
            asked[pk] = place
            if each.if_match is not None:
                versions[pk] = parse_versions(each.if_match, "ifMatch")
    since: dict[int, str] = {}

    def left_alone() -> Sequence[int]:
        current = read_versions(versions)
        since.update(
            (pk, changed_since(given, current.get(pk, "")))
            for pk, given in versions.items()
            if not matches(given, current.get(pk, ""))
        )
        return list(since)

    ask = [
        Wanted(pk, wanted.items[place].add, wanted.items[place].remove)
        for pk, place in asked.items()
    ]
    done = change_tags(ReturnTag, ask, program=program_of(token), left_alone=left_alone)
    for pk, place in asked.items():
        outcomes[place] = _outcome(place, pk, done.get(pk), since.get(pk, ""))
    return _answer(wanted.items, outcomes)


def _answer(items: Sequence[TagsToChangeIf], outcomes: Mapping[int, _Outcome]) -> dict[str, Any]:
    etags = read_versions(each.pk for each in outcomes.values() if each.pk is not None)
    answers = [_item(each, outcomes[place], etags) for place, each in enumerate(items)]
    counts = dict.fromkeys(RESULTS, 0)
    for outcome in outcomes.values():
        counts[outcome.result] += 1
    return {**counts, "items": answers}


def _item(wanted: TagsToChangeIf, outcome: _Outcome, etags: Mapping[int, str]) -> dict[str, Any]:
    payload = tags_payload(wanted.reference_number, outcome.changed or Changed())
    return payload | {
        "tag": payload["tag"] if outcome.changed else None,
        "result": outcome.result,
        "etag": etags.get(outcome.pk) if outcome.pk is not None else None,
        "errors": [
            {"property": each.property, "message": each.message, "errorCode": each.code}
            for each in outcome.errors
        ],
    }


def _outcome(place: int, pk: int, changed: Changed | None, since: str) -> _Outcome:
    before = f"items[{place}]."
    if changed is None:
        return _not_found(place, [])
    if since:
        error = ErrorDetail(f"{before}ifMatch", since, "changed_since")
        return _Outcome("changedSince", [error], pk, changed)
    if errors := _refusals(changed, before):
        return _Outcome("rejected", errors, pk, changed)
    result = "changed" if changed.added or changed.removed else "unchanged"
    return _Outcome(result, (), pk, changed)


def _not_found(place: int, errors: Sequence[ErrorDetail]) -> _Outcome:
    message = "There is no return with this reference."
    error = ErrorDetail(f"items[{place}].referenceNumber", message, "not_found")
    return _Outcome("notFound", [error, *errors])


def _no_return() -> ApiError:
    return ApiError(404, "not_found", "There is no return with this reference.")


def _problems(wanted: TagsToChangeIf, before: str, *, is_repeated: bool) -> list[ErrorDetail]:
    """Return all that is wrong with an entry, as far as it can be told without its return."""
    errors = _wrong_names(wanted, before)
    if is_repeated:
        message = "This return is named more than once; its first entry counts."
        errors.append(ErrorDetail(f"{before}referenceNumber", message, "said_twice"))
    try:
        parse_versions(wanted.if_match or "*", f"{before}ifMatch")
    except InvalidRequest as error:
        errors += error.details
    return errors


def _wrong_names(wanted: TagsToChange, before: str) -> list[ErrorDetail]:
    errors = []
    for field in ("add", "remove"):
        for place, name in enumerate(getattr(wanted, field)):
            try:
                clean_tag_name(name)
            except VocabularyError as error:
                where = f"{before}{field}[{place}]"
                message = f"{where}: {error.messages[0]}"
                errors.append(ErrorDetail(where, message, "bad_name"))
    return errors


def _refusals(changed: Changed, before: str) -> list[ErrorDetail]:
    """Return why a return was not changed although all names are those of tags."""
    if changed.both:
        message = f"{quote(changed.both)} cannot be both added and removed."
        return [ErrorDetail(f"{before}remove", message, "contradiction")]
    if changed.is_full:
        message = str(tagging.describe_bound(ReturnTag))
        return [ErrorDetail(f"{before}add", message, "too_many")]
    return []
