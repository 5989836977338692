"""Undo an action: the vocabulary goes back as a whole, each record unless it changed since."""

from django.db import connection, transaction

from tags import bulk, editing, history, tagging
from tags.models import TagAction
from tags.tagging import Person
from tags.vocabulary import VocabularyError

# Seconds that whoever undoes a bulk tagging waits; then it goes on in the background.
AT_ONCE = 1.5
BEGINNING = "Undoing. It goes on in the background."


def undo(action_id: int, by: Person) -> str:
    """Undo an action and say in words what that did; records that changed since stay as they are.

    A bulk tagging is undone step by step, and stopped if it still runs; anything else at once.
    Raises ``VocabularyError`` when it cannot be undone, or not any more; nothing is changed then.
    """
    with transaction.atomic(), tagging.done_by(by):
        # In the order in which its steps lock them.
        of_bulk = bulk.of_action(action_id)
        action = _locked(action_id)
        if of_bulk:
            bulk.begin_undoing(of_bulk)
            history.mark_undone(action, by, BEGINNING)
        else:
            history.mark_undone(action, by, _undo(action))
    if of_bulk:
        bulk.go_on(of_bulk, AT_ONCE)
        action.refresh_from_db()
    return action.undo_words


def _locked(action_id: int) -> TagAction:
    action = TagAction.objects.select_for_update(no_key=True).filter(pk=action_id).first()
    if action is None:
        raise VocabularyError("There is no such action.")
    if action.undone_at:
        raise VocabularyError("This was undone already.")
    if not history.can_be_undone(action):
        raise VocabularyError(f"This is more than {history.DAYS_TO_UNDO} days ago.")
    return action


def _undo(action: TagAction) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
    for change in reversed(action.changes):
        editing.put_back(change)
    said = ["Undone."]
    with tagging.as_part_of(action):
        for kind in tagging.kinds_of_tagging():
            said += tagging.words_of(kind, tagging.put_back(kind, action))
    return " ".join(said)
