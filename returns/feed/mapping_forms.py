"""The form of a column mapping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config.text import require_visible
from returns.feed.item_fields import ITEM_LABELS
from returns.feed.labels import FIELD_LABELS
from returns.feed.mappings import BY_DATES, LEFT_OUT, ColumnMapping
from returns.feed.records import API_NAMES, MAX_LENGTHS, REFERENCE_FIELD
from returns.feed.spelling import normalize, states_by_word, word_key
from returns.models import State
from returns.models.facts import FACTS_REQUIRED_FIRST

CREATED_FIELD = API_NAMES["created_at"]
# The fields that people can choose a column for, and those that may be the same for all rows.
MAPPED_FIELDS = [
    *(fact.api_name for fact in FACTS_REQUIRED_FIRST if fact.column != "source"),
    "tag",
    *ITEM_LABELS,
]
FIXED_FIELDS = [API_NAMES["cargo_carrier"], API_NAMES["sales_order_channel"], "tag"]
COLUMN, FIXED = "column:", "fixed:"  # before the value of an option
UNDECIDED, LEAVE_OUT = "", "leave out"
MEANINGS = [
    (UNDECIDED, gettext_lazy("Choose")),
    *((str(state), state.label) for state in State),
    (LEAVE_OUT, gettext_lazy("Leave these rows out")),
]


@dataclass(frozen=True)
class StateWord:
    """A word of the state column, and what it means: one of ``MEANINGS``."""

    word: str
    meaning: str


class MappingForm(forms.Form):
    """Which column of a file is which field, and what the words of its state column mean.

    ``header`` are the columns to choose from, and ``initial`` is the mapping to begin with.
    """

    required_css_class = "required"
    prefix_text = forms.CharField(
        required=False,
        max_length=20,
        label=gettext_lazy("Put before each return reference"),
        help_text=gettext_lazy(
            "If the column is not the WMS's return number, write something such as SHOP-, so "
            "that the numbers cannot be confused. The WMS's own record of the same parcel will be "
            "another return."
        ),
    )
    keeps_others = forms.BooleanField(
        required=False, label=gettext_lazy("Store the other columns as well")
    )
    name = forms.CharField(
        required=False,
        max_length=100,
        validators=[require_visible],
        label=gettext_lazy("Remember as"),
        help_text=gettext_lazy(
            "Files with the same header are then read like this. Leave it empty to use it once."
        ),
    )

    def __init__(
        self, header: Sequence[str], mapping: ColumnMapping, data: QueryDict | None, name: str = ""
    ) -> None:
        """Show a mapping, or what was submitted."""
        super().__init__(
            data,
            initial={
                "prefix_text": mapping.prefix,
                "keeps_others": mapping.keeps_others,
                "name": name,
            },
        )
        self.mapping = mapping
        columns = [(f"{COLUMN}{each}", each) for each in header]
        for field_ in MAPPED_FIELDS:
            options = [("", _("Not in this file")), *columns]
            if field_ == "state":
                options = [("", _("Choose")), *_state_options(), *columns]
            elif field_ in FIXED_FIELDS:
                options = [("", _("Not in this file")), (FIXED, _("The same for all:")), *columns]
                self.fields[f"fixed-{field_}"] = forms.CharField(
                    required=False,
                    max_length=MAX_LENGTHS.get(_column(field_)) or 200,
                    label=_("%(field)s of all returns") % {"field": FIELD_LABELS[field_]},
                    initial=mapping.fixed.get(field_, ""),
                )
            self.fields[f"column-{field_}"] = forms.ChoiceField(
                choices=options,
                required=field_ in (REFERENCE_FIELD, CREATED_FIELD, "state"),
                label=FIELD_LABELS[field_],
                initial=self._option(field_, header),
                error_messages={"required": _("Choose a column.")},
            )

    def _option(self, field_: str, header: Sequence[str]) -> str:
        if field_ in self.mapping.columns:
            wanted = normalize(self.mapping.columns[field_])
            return next((f"{COLUMN}{each}" for each in header if normalize(each) == wanted), "")
        if field_ not in self.mapping.fixed:
            return ""
        return f"{FIXED}{self.mapping.fixed[field_]}" if field_ == "state" else FIXED

    def require_name(self) -> None:
        """Require the name: the form is that of a saved mapping, not of a file."""
        name = self.fields["name"]
        name.required, name.label = True, _("Name")
        name.help_text = _("Files with the same header are read like this.")

    def entries(self) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        """Return the choice of each field, with that of its fixed value if it has one."""
        return [
            (self[f"column-{each}"], self[f"fixed-{each}"] if each in FIXED_FIELDS else None)
            for each in MAPPED_FIELDS
        ]

    def state_column(self) -> str:
        """Return the header of the chosen state column; "" if the state is from no column."""
        chosen = str(self["column-state"].value() or "")
        return chosen.removeprefix(COLUMN) if chosen.startswith(COLUMN) else ""

    def state_words(self, words: Sequence[str]) -> list[StateWord]:
        """Return what each of these words means, as submitted or as known."""
        known = _meanings(self.mapping.states) | self._submitted_words()
        return [
            StateWord(word, known.get(word_key(word)) or states_by_word().get(normalize(word), ""))
            for word in words
        ]

    def _submitted_words(self) -> dict[str, str]:
        if not isinstance(self.data, QueryDict):
            return {}
        words, meanings = self.data.getlist("word"), self.data.getlist("meaning")
        return {word_key(word): each for word, each in zip(words, meanings, strict=False) if each}

    def clean(self) -> dict[str, Any]:
        """Check that a fixed value is given where one is chosen."""
        cleaned = super().clean() or {}
        for each in FIXED_FIELDS:
            if cleaned.get(f"column-{each}") == FIXED and not cleaned.get(f"fixed-{each}"):
                self.add_error(f"fixed-{each}", _("Enter a value."))
        return cleaned

    def is_complete(self, words: Sequence[str]) -> bool:
        """Tell whether everything is valid, and each of these words has a meaning."""
        if self.is_valid() and not all(each.meaning for each in self.state_words(words)):
            self.add_error(None, _("Say what each word of the state column means."))
        return self.is_valid()

    def to_mapping(self, words: Sequence[str], records: str = "") -> ColumnMapping:
        """Return the mapping that was submitted; ``words`` are those of the state column."""
        data = self.cleaned_data
        chosen = {each: data[f"column-{each}"] for each in MAPPED_FIELDS}
        fixed = {
            each: data[f"fixed-{each}"] if each in FIXED_FIELDS else option.removeprefix(FIXED)
            for each, option in chosen.items()
            if option.startswith(FIXED)
        }
        meanings = {each.word: each.meaning for each in self.state_words(words) if each.meaning}
        states = {word: LEFT_OUT if each == LEAVE_OUT else each for word, each in meanings.items()}
        return ColumnMapping(
            columns={
                each: option.removeprefix(COLUMN)
                for each, option in chosen.items()
                if option.startswith(COLUMN)
            },
            fixed=fixed,
            # Words of other files are kept.
            states={**self.mapping.states, **states} if self.state_column() else {},
            prefix=data["prefix_text"],
            keeps_others=data["keeps_others"],
            records=records,
        )


def _state_options() -> list[tuple[str, str]]:
    by_dates = _("From the dates: completed, else arrived, else created")
    return [
        (f"{FIXED}{BY_DATES}", by_dates),
        *(
            (f"{FIXED}{state}", _("All returns are “%(state)s”") % {"state": state.label})
            for state in State
        ),
    ]


def _meanings(states: Mapping[str, str]) -> dict[str, str]:
    return {word_key(word): state or LEAVE_OUT for word, state in states.items()}


def _column(field_: str) -> str:
    return next((column for column, name in API_NAMES.items() if name == field_), "")
