"""Undo an action: all of its changes of the vocabulary, and its taggings where still possible."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from config.stored_texts import StoredText, stored_text
from tags import bulk, history, reverting, tagging
from tags.editing import lift_statement_timeout
from tags.models import BulkTagging, TagAction
from tags.sentences import joined
from tags.tagging import Person
from tags.vocabulary import VocabularyError

# Seconds that a person waits for undoing a bulk tagging. The rest is done in the background.
MAX_SECONDS = 1.5
IN_PROGRESS = stored_text("Undoing in the background.")


def undo(action_id: int, by: Person) -> str:
    """Undo an action and return sentences about the result.

    Records that have changed since are left alone. A bulk tagging is stopped if it is still
    running, and undone in steps; anything else is undone at once.
    Raises ``VocabularyError``, and changes nothing, if the action cannot be undone.
    """
    with transaction.atomic(), tagging.done_by(by):
        # The bulk tagging first: its steps lock the rows in this order, too.
        bulk_tagging = bulk.lock_for_action(action_id)
        action = _lock_action(action_id)
        _check_may_undo(action, bulk_tagging, by)
        if bulk_tagging:
            bulk.start_undo(bulk_tagging)
            history.mark_undone(action, by, IN_PROGRESS)
        else:
            history.mark_undone(action, by, _undo(action))
    if bulk_tagging:
        bulk.run_steps(bulk_tagging, MAX_SECONDS)
        action.refresh_from_db()
    return str(action.undo_words)


def _lock_action(action_id: int) -> TagAction:
    action = TagAction.objects.select_for_update(no_key=True).filter(pk=action_id).first()
    if action is None or action.words == history.PART:
        raise VocabularyError(_("This change no longer exists."))
    if action.undone_at:
        raise VocabularyError(_("This has already been undone."))
    if not history.can_be_undone(action):
        raise VocabularyError(
            _("Changes older than %(days)s days can no longer be undone.")
            % {"days": history.DAYS_TO_UNDO}
        )
    return action


def _check_may_undo(action: TagAction, bulk_tagging: BulkTagging | None, by: Person) -> None:
    """Raise ``VocabularyError`` if the person's roles do not allow it, also if they did it."""
    if not isinstance(by, User):
        return
    if bulk_tagging:
        bulk.check_allowed(bulk_tagging, by, bulk.MAY_UNDO)
        return
    of_vocabulary = {f"tags.change_{change['kind']}" for change in action.changes}
    needed = of_vocabulary or {action.permission or bulk.MAY_UNDO}
    if not by.has_perms(needed):
        raise VocabularyError(_("Your role does not allow you to undo this."))


def _undo(action: TagAction) -> StoredText:
    lift_statement_timeout()
    for change in reversed(action.changes):
        reverting.revert(change)
    with tagging.as_part_of(action):
        kinds = tagging.kinds_of_tagging()
        results = [(kind, tagging.restore_taggings(kind, action)) for kind in kinds]
    return joined(tagging.describe_undoing(results, with_others=bool(action.changes)))
