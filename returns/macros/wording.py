"""Macros as pages show them: what each does, and what one would do to many returns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from config.dates import to_the_minute
from config.numbers import grouped
from returns.claims.reading import claimants_among
from returns.claims.wording import describe_left
from returns.follow_ups.forms import When
from returns.macros.editing import may_run, version_of
from returns.macros.reminding import PlannedReminders, plan_reminders
from returns.macros.running import RunningMacro
from returns.macros.starting import usable_tags
from returns.models import Language, Macro, MacroRun, Return, State
from returns.people.person import person_name
from returns.querysets import ReturnQuerySet
from returns.record.mentions import find_mentioned
from returns.record.sentences import shopper_texts
from tags.bulk import extra_of
from tags.models import BulkTagging
from tags.vocabulary import TagChip, Vocabulary, chips, load_vocabulary, resolve_ids

MAX_NAMED_MENTIONS = 5
REMINDERS = {
    When.TOMORROW: gettext_lazy("Reminds you tomorrow at 9:00"),
    When.MONDAY: gettext_lazy("Reminds you next Monday at 9:00"),
    When.ARRIVED: gettext_lazy("Reminds you when it arrives"),
    When.COMPLETED: gettext_lazy("Reminds you when it is completed"),
    When.TAGGED: gettext_lazy("Reminds you when its tags change"),
}


@dataclass(frozen=True, slots=True)
class ListedMacro:
    """A macro as pages show it: its tags, and sentences about the rest.

    ``value`` is what a form sends to run it as it is now. ``sentence`` is the text that the browser
    copies, and ``problem`` says why it cannot run.
    """

    macro: Macro
    adds: list[TagChip]
    removes: list[TagChip]
    steps: list[str]
    problem: str
    value: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class MacroPreview:
    """What a run would do besides tagging; ``problem`` says why it cannot be started."""

    lines: list[str]
    problem: str


def list_macros() -> list[ListedMacro]:
    """Return all macros in their order. As many queries whatever their number."""
    return _listed(list(Macro.objects.all()), {})


def macros_to_run(person: User, record: Return | None) -> list[ListedMacro]:
    """Return the macros that a person may run, with the sentences about a return, if it is one."""
    texts: dict[str, str] = {}
    macros = [macro for macro in Macro.objects.all() if may_run(macro, person)]
    if record and any(macro.language for macro in macros):
        texts = {text.language: text.text for text in shopper_texts(record, Language.ENGLISH)}
    return _listed(macros, texts)


def _listed(macros: Sequence[Macro], texts: Mapping[str, str]) -> list[ListedMacro]:
    vocabulary = load_vocabulary()
    meant = resolve_ids({pk for each in macros for pk in (*each.adds, *each.removes)})
    return [
        _listed_macro(macro, vocabulary, meant, texts.get(macro.language, "")) for macro in macros
    ]


def _listed_macro(
    macro: Macro, vocabulary: Vocabulary, meant: Mapping[int, int], sentence: str
) -> ListedMacro:
    adds, removes, problem = macro.adds, macro.removes, ""
    try:
        adds, removes = usable_tags(macro, vocabulary, meant)
    except ValidationError as error:
        problem = error.messages[0]
    return ListedMacro(
        macro=macro,
        adds=chips(adds, vocabulary),
        removes=chips(removes, vocabulary),
        steps=list(_steps(macro)),
        problem=problem,
        value=f"{macro.pk} {version_of(macro)}",
        sentence=sentence,
    )


def _steps(macro: Macro) -> Iterator[str]:
    if macro.comment:
        yield _("Comments “%(text)s”") % {"text": macro.comment}
    if macro.claims:
        yield _("Claims the return")
    if macro.remind:
        yield str(REMINDERS[When(macro.remind)])
    if macro.language:
        language = Language(macro.language).label
        yield _("Copies the sentence for the shopper: %(language)s") % {"language": language}


def name_of_run(job: BulkTagging) -> str:
    """Return the name of the macro that a bulk tagging belongs to; "" if it only tags."""
    run = _run_of(job)
    return run.macro.name if run else ""


def preview_of(job: BulkTagging) -> MacroPreview | None:
    """Return what the macro of a draft would do; None if it only tags. A few queries."""
    running = _run_of(job)
    if running is None:
        return None
    run, records = running.macro, Return.objects.among(job.entity_ids)
    total = records.count()
    lines: list[str] = []
    if run.comment:
        lines += _comment_lines(run, total)
    if run.claims:
        lines += _claim_lines(records, job.asked_by)
    if run.remind:
        lines += _reminder_lines(run, plan_reminders(run, job, records))
    if run.language:
        text = _("The sentence for the shopper is copied only when you run it on a single return.")
        lines.append(text)
    if run.comment or run.claims or run.remind:
        text = _(
            "Undoing also deletes the comments that nobody has edited, gives the claims back and "
            "ends the reminders. Notices that people got stay."
        )
        lines.append(text)
    return MacroPreview(lines, str(running.changed_since() or ""))


def _run_of(job: BulkTagging) -> RunningMacro | None:
    extra = extra_of(job)
    return extra if isinstance(extra, RunningMacro) else None


def _comment_lines(run: MacroRun, total: int) -> Iterator[str]:
    text = ngettext(
        "Comment on %(count)s return: “%(text)s”",
        "Comment on %(count)s returns: “%(text)s”",
        total,
    )
    yield text % {"count": grouped(total), "text": run.comment}
    if people := find_mentioned(run.comment):
        names = ", ".join(person_name(each) for each in people[:MAX_NAMED_MENTIONS])
        if len(people) > MAX_NAMED_MENTIONS:
            names += ", …"
        yield _("A notice for each return goes to: %(people)s.") % {"people": names}


def _claim_lines(records: ReturnQuerySet, person: User | None) -> Iterator[str]:
    ready = records.exclude(state=State.COMPLETED)
    free = ready.unclaimed().count()
    text = ngettext("Claim %(count)s return.", "Claim %(count)s returns.", free)
    yield text % {"count": grouped(free)}
    if own := ready.claimed_by(person.pk).count() if person else 0:
        yield _("Yours already: %(count)s.") % {"count": grouped(own)}
    if completed := records.filter(state=State.COMPLETED).count():
        text = _("Not claimed, because they are completed: %(count)s.")
        yield text % {"count": grouped(completed)}
    yield from map(str, describe_left(_claimants(records, person)))


def _claimants(records: ReturnQuerySet, person: User | None) -> dict[str, int]:
    return claimants_among(list(records.values_list("pk", flat=True)), person)


def _reminder_lines(run: MacroRun, plan: PlannedReminders) -> Iterator[str]:
    count = plan.count
    if run.due_at:
        text = ngettext(
            "Remind you of %(count)s return: %(when)s.",
            "Remind you of %(count)s returns: %(when)s.",
            count,
        )
        when = to_the_minute(timezone.localtime(run.due_at))
        yield text % {"count": grouped(count), "when": when}
    else:
        yield _reminder_text(When(run.remind), count) % {"count": grouped(count)}
    if plan.same:
        text = _("Without a new reminder, because you are reminded already: %(count)s.")
        yield text % {"count": grouped(plan.same)}
    if plan.over:
        text = _("Without a reminder, because it has happened already: %(count)s.")
        yield text % {"count": grouped(plan.over)}
    if plan.without_room:
        text = _("Without a reminder, because you have too many: %(count)s.")
        yield text % {"count": grouped(plan.without_room)}


def _reminder_text(when: When, count: int) -> str:
    if when == When.ARRIVED:
        return ngettext(
            "Remind you of %(count)s return when it arrives.",
            "Remind you of %(count)s returns when they arrive.",
            count,
        )
    if when == When.COMPLETED:
        return ngettext(
            "Remind you of %(count)s return when it is completed.",
            "Remind you of %(count)s returns when they are completed.",
            count,
        )
    return ngettext(
        "Remind you of %(count)s return when its tags change.",
        "Remind you of %(count)s returns when their tags change.",
        count,
    )
