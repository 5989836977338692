"""Start a macro: on one return at once, on many after a preview."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from config.stored_texts import stored_text
from returns.filters.query import Query
from returns.follow_ups.forms import When, due_time
from returns.lists.bulk import (
    DEFAULT_TAGGING_LIMIT,
    MAY_TAG,
    TaggingTarget,
    choose_up_to,
)
from returns.macros.editing import STEP_FIELDS, may_run, version_of
from returns.models import Macro, MacroRun, ReturnTag
from returns.people.person import get_time_zone
from returns.rules.editing import resolved_tags, tag_problem
from tags import bulk
from tags.models import BulkTagging, Tag
from tags.vocabulary import Vocabulary, load_vocabulary, resolve_ids

MAX_MACRO_RETURNS = DEFAULT_TAGGING_LIMIT
# Seconds of work in one request.
MAX_START_SECONDS = 1.5


def choose_returns(query: Query) -> TaggingTarget:
    """Return the returns to run a macro on: those that a query names, or matches of its filter.

    Raises ``ValidationError`` as choosing returns to tag does.
    """
    text = stored_text(
        "More than %(limit)s returns match. A macro runs on up to %(limit)s at once. "
        "Narrow the filters.",
        limit=MAX_MACRO_RETURNS,
    )
    return choose_up_to(MAX_MACRO_RETURNS, query, text)


def draft(target: TaggingTarget, chosen: tuple[int, str], token: UUID, by: User) -> BulkTagging:
    """Store the run of a macro, given by its id and version, so that it can be previewed.

    The same form, told by its token, makes one run. Raises ``ValidationError`` if the macro is not
    as the person saw it, or if it or its returns are gone, and ``PermissionDenied``.
    """
    pk, version = chosen
    token = uuid5(token, f"{by.pk} {pk} {version}")
    with transaction.atomic():
        # Lock before reading: a form that is sent twice waits here, and then finds the run.
        macro = Macro.objects.select_for_update().filter(pk=pk).first()
        if run := MacroRun.objects.select_related("bulk").filter(token=token).first():
            return run.bulk
        if macro is None:
            raise ValidationError(_("This macro has been deleted."))
        if version_of(macro) != version:
            text = _("Somebody changed “%(name)s” meanwhile. Look again, then choose it.")
            raise ValidationError(text % {"name": macro})
        if not may_run(macro, by):
            raise PermissionDenied(_("Your role does not allow everything that this macro does."))
        return _store(target, macro, token, by)


def run_now(job: BulkTagging) -> None:
    """Start the run of a macro on one return, and do it."""
    bulk.start(job)
    bulk.run_steps(job, MAX_START_SECONDS)


def usable_tags(
    macro: Macro, vocabulary: Vocabulary, meant: Mapping[int, int]
) -> tuple[list[int], list[int]]:
    """Return the ids of the tags that a macro adds and removes; ``meant`` has what each id means.

    Raises ``ValidationError`` if merging, retiring or deleting tags has made it impossible.
    """
    if not macro.adds and not macro.removes:
        return [], []
    tags = resolved_tags(macro, meant)
    adds, removes = ([pk for pk in ids if pk in vocabulary] for ids in tags)
    if problem := tag_problem(adds, removes, vocabulary):
        raise ValidationError([problem])
    return adds, removes


def reminder_time(macro: Macro, by: User, now: datetime) -> datetime | None:
    """Return when the reminders of a macro are due, if that is a time."""
    return due_time(When(macro.remind), now, get_time_zone(by)) if macro.remind else None


def _store(target: TaggingTarget, macro: Macro, token: UUID, by: User) -> BulkTagging:
    if not target.ids:
        raise ValidationError(_("There are no returns left to run a macro on."))
    meant = resolve_ids([*macro.adds, *macro.removes])
    adds, removes = (_tags(ids) for ids in usable_tags(macro, load_vocabulary(), meant))
    job = bulk.create_draft(
        *(ReturnTag, target.ids, adds, removes, by, target.query, MAY_TAG), may_lack_tags=True
    )
    MacroRun.objects.create(
        bulk=job,
        macro_id=macro.pk,
        version=version_of(macro),
        token=token,
        name=macro.name,
        due_at=reminder_time(macro, by, timezone.now()),
        is_without_tags=not adds and not removes,
        **{name: getattr(macro, name) for name in STEP_FIELDS},
    )
    return job


def _tags(ids: Sequence[int]) -> list[Tag]:
    return list(Tag.objects.select_related("group").filter(pk__in=list(ids)))
