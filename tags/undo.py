"""Undo an action: the vocabulary goes back as a whole, each record unless it changed since."""

from django.db import connection, transaction

from tags import editing, history, tagging
from tags.models import TagAction
from tags.tagging import Person
from tags.vocabulary import VocabularyError


def undo(action_id: int, by: Person) -> str:
    """Undo an action and say in words what that did; records that changed since stay as they are.

    Raises ``VocabularyError`` when it cannot be undone, or not any more; nothing is changed then.
    """
    with transaction.atomic(), tagging.done_by(by):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
        action = TagAction.objects.select_for_update(no_key=True).filter(pk=action_id).first()
        if action is None:
            raise VocabularyError("There is no such action.")
        if action.undone_at:
            raise VocabularyError("This was undone already.")
        if not history.can_be_undone(action):
            raise VocabularyError(f"This is more than {history.DAYS_TO_UNDO} days ago.")
        for change in reversed(action.changes):
            editing.put_back(change)
        words = " ".join(["Undone.", *_put_taggings_back(action)])
        history.mark_undone(action, by, words)
    return words


def _put_taggings_back(action: TagAction) -> list[str]:
    said = []
    for kind in tagging.kinds_of_tagging():
        done = tagging.put_back(kind, action)
        if done.records:
            said.append(f"{tagging.records(kind, done.records)} as before.")
        if done.changed:
            changed = tagging.records(kind, done.changed)
            examples = tagging.example_of(kind, done.first_changed)
            said.append(f"{changed} changed since and left as they are: {examples}.")
    return said
