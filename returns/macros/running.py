"""Run macros on returns, and take back what they did: the only writer of runs and effects.

Tags are added and removed by the bulk tagging that a run belongs to. The rest is done here, in the
same steps, so that a return has all of it or nothing.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from uuid import uuid5

from django.contrib.auth.models import User
from django.utils import timezone

from config.stored_texts import StoredText, stored_ntext, stored_text
from returns.claims.taking import TakenMany, give_back, open_claims_among, take_free
from returns.claims.wording import describe_claims
from returns.follow_ups.editing import finish
from returns.macros.editing import may_run, version_of
from returns.macros.reminding import set_reminders
from returns.models import Macro, MacroEffect, MacroRun, Return
from returns.record.comments import add_comment, find_by_token, withdraw_comment
from tags.bulk import NO_LONGER_ALLOWED, count_records
from tags.models import BulkTagging
from tags.vocabulary import VocabularyError

# Returns per step: each of them takes a dozen statements.
MACRO_STEP_SIZE = 50


def macro_of(bulk: BulkTagging) -> "RunningMacro | None":
    """Return the macro that a bulk tagging is a part of, or None."""
    run = MacroRun.objects.filter(bulk=bulk.pk).first()
    return RunningMacro(run, bulk) if run else None


class RunningMacro:
    """What a run does to returns besides tagging them; see ``tags.bulk.extras``."""

    step_size = MACRO_STEP_SIZE

    def __init__(self, run: MacroRun, bulk: BulkTagging) -> None:
        self.macro, self.bulk = run, bulk
        self.is_without_tags = run.is_without_tags

    def check(self, person: User) -> None:
        """Raise ``VocabularyError`` if the roles of the person no longer allow the macro."""
        if not may_run(self.macro, person):
            raise VocabularyError(NO_LONGER_ALLOWED)

    def check_start(self) -> None:
        """Raise ``VocabularyError`` if the macro has changed since the preview."""
        if problem := self.changed_since():
            raise VocabularyError(problem)

    def changed_since(self) -> StoredText | None:
        """Say what has changed since the preview, if anything has."""
        macro, name = Macro.objects.filter(pk=self.macro.macro_id).first(), self.macro.name
        if macro is None:
            return stored_text("The macro “%(name)s” has been deleted.", name=name)
        if version_of(macro) != self.macro.version:
            return stored_text(
                "Somebody changed “%(name)s” meanwhile. Choose the macro again for a new preview.",
                name=name,
            )
        if self.macro.due_at and self.macro.due_at <= timezone.now():
            return stored_text("The time of the reminders is over. Choose the macro again.")
        return None

    def run(self, entity_ids: Sequence[int], person: User) -> None:
        """Comment, claim and remind, on the returns of a step that still exist."""
        records = list(Return.objects.among(entity_ids).order_by("pk"))
        ids = [record.pk for record in records]
        comments = self._comment(records, person) if self.macro.comment else {}
        taken = take_free(ids, person) if self.macro.claims else TakenMany()
        reminders, results = {}, self.macro.results
        if self.macro.remind:
            reminders = set_reminders(self.macro, ids, person)
            _add(results, "reminded", len(reminders))
            _add(results, "not_reminded", len(ids) - len(reminders))
        _add(results, "commented", len(comments))
        if self.macro.claims:
            _add(results, "claimed", len(taken.claims))
            _add(results, "own", taken.own)
            _add(results, "completed", taken.completed)
            results["left"] = dict(Counter(results.get("left", {})) + Counter(taken.left))
        now = timezone.now()
        MacroEffect.objects.bulk_create(
            MacroEffect(
                run=self.macro,
                record_id=pk,
                comment_id=comments.get(pk),
                claim_id=taken.claims.get(pk),
                follow_up_id=reminders.get(pk),
                at=now,
            )
            for pk in ids
        )
        self.macro.save(update_fields=["results"])

    def _comment(self, records: Sequence[Return], person: User) -> dict[int, int]:
        """Write the comment on each return; return the ids of the comments by return."""
        ids = {}
        for record in records:
            # Of its own for each return, so that running it again after a crash writes no second.
            token = uuid5(self.macro.token, str(record.pk))
            add_comment(record, self.macro.comment, token, person)
            ids[record.pk] = find_by_token(self.macro.comment, token, person)
        return ids

    def undo(self, entity_ids: Sequence[int], by: User) -> None:
        """Delete the comments, give the claims back and end the reminders of a step.

        Comments that were edited since stay, and so do claims that somebody took over.
        """
        locked = Return.objects.among(entity_ids).select_for_update(no_key=True)
        list(locked.order_by("pk").values_list("pk"))
        effects = MacroEffect.objects.filter(run=self.macro, record_id__in=list(entity_ids))
        claims = open_claims_among(entity_ids)
        undone = self.macro.results.setdefault("undone", {})
        owner = self.bulk.asked_by
        for effect in effects.order_by("record_id"):
            if effect.comment_id is not None:
                is_gone = withdraw_comment(effect.comment_id, self.macro.comment, by)
                _add(undone, "comments" if is_gone else "comments_kept")
            is_open = effect.claim_id and claims.get(effect.record_id) == effect.claim_id
            if is_open and owner and give_back(effect.record_id, owner):
                _add(undone, "claims")
            if effect.follow_up_id is not None and owner:
                _add(undone, "reminders", finish(effect.follow_up_id, owner))
        self.macro.save(update_fields=["results"])

    def heading(self) -> StoredText:
        """Return the name of the macro, and the return if it is one."""
        count = count_records(self.bulk)
        record = Return.objects.among(self.bulk.entity_ids).first() if count == 1 else None
        if record:
            return stored_text(
                "Macro “%(name)s” on %(record)s.", name=self.macro.name, record=str(record)
            )
        return stored_ntext(
            "Macro “%(name)s” on %(count)s return.",
            "Macro “%(name)s” on %(count)s returns.",
            count,
            name=self.macro.name,
            count=count,
        )

    def results(self) -> list[StoredText]:
        """Describe what was done so far, besides tagging."""
        results, sentences = self.macro.results, []
        if self.macro.comment:
            count = results.get("commented", 0)
            text = stored_ntext(
                "Wrote %(count)s comment.", "Wrote %(count)s comments.", count, count=count
            )
            sentences.append(text)
        if self.macro.claims:
            sentences += describe_claims(
                results.get("claimed", 0),
                results.get("own", 0),
                results.get("completed", 0),
                results.get("left", {}),
            )
        if self.macro.remind:
            count = results.get("reminded", 0)
            text = stored_ntext(
                "Set %(count)s reminder.", "Set %(count)s reminders.", count, count=count
            )
            sentences.append(text)
        if rest := results.get("not_reminded", 0):
            text = stored_text("Without a new reminder: %(count)s.", count=rest)
            sentences.append(text)
        return sentences

    def undone(self) -> list[StoredText]:
        """Describe what was taken back so far, besides tags."""
        undone = self.macro.results.get("undone", {})
        return [text(count) for name, text in UNDONE_TEXTS.items() if (count := undone.get(name))]


UNDONE_TEXTS: dict[str, Callable[[int], StoredText]] = {
    "comments": lambda count: stored_text("Comments deleted: %(count)s.", count=count),
    "comments_kept": lambda count: stored_text(
        "Comments that stay, because they were edited or deleted since: %(count)s.", count=count
    ),
    "claims": lambda count: stored_text("Claims given back: %(count)s.", count=count),
    "reminders": lambda count: stored_text("Reminders ended: %(count)s.", count=count),
}


def _add(numbers: dict[str, int], name: str, count: int = 1) -> None:
    numbers[name] = numbers.get(name, 0) + count
