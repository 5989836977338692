"""All kinds of data that are deleted once they are old, in the order in which they go."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from returns.retention.kinds import Kind
from returns.retention.of_feed import KINDS_OF_FEED
from returns.retention.of_people import KINDS_OF_PEOPLE, KINDS_OF_WORK
from returns.retention.of_returns import KINDS_OF_RETURNS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Area:
    """Kinds of data that pages show together."""

    label: "StrOrPromise"
    kinds: tuple[Kind, ...]


AREAS = (
    Area(_("Returns and shoppers"), KINDS_OF_RETURNS),
    Area(_("Feed and files"), KINDS_OF_FEED),
    Area(_("People and access"), KINDS_OF_PEOPLE),
    Area(_("Undoing and open pages"), KINDS_OF_WORK),
)
ALL_KINDS = tuple(kind for area in AREAS for kind in area.kinds)
