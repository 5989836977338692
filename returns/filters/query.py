"""The query string of a request, read once by the view and then handed down."""

from collections.abc import Iterable, Mapping
from typing import Self

from django.http import QueryDict

from config.addresses import with_query


class Query(QueryDict):
    """An immutable query string without blank values, and without spaces around the others.

    A view reads one from its request. The methods that change a query return a new one.
    """

    @classmethod
    def from_querydict(cls, data: QueryDict) -> Self:
        """Return the query of a request's parameters, such as ``request.GET``."""
        return cls.from_lists({name: map(str, values) for name, values in data.lists()})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the query of a text such as ``state=Completed&tag=books``."""
        return cls.from_querydict(QueryDict(text))

    @classmethod
    def from_lists(cls, lists: Mapping[str, Iterable[str]]) -> Self:
        """Return the query with these lists of values by parameter."""
        query = cls(mutable=True)
        for name, values in lists.items():
            if stripped := [text for value in values if (text := value.strip())]:
                query.setlist(name, stripped)
        query._mutable = False
        return query

    def without(self, *names: str) -> Self:
        """Return the query without these parameters."""
        return self.from_lists({name: values for name, values in self.lists() if name not in names})

    def replace(self, **lists: str | Iterable[str]) -> Self:
        """Return the query with new values, perhaps none, for these parameters."""
        replaced = {
            name: [values] if isinstance(values, str) else values for name, values in lists.items()
        }
        return self.from_lists(dict(self.lists()) | replaced)

    def add(self, name: str, value: str) -> Self:
        """Return the query with one more value of a parameter."""
        return self.replace(**{name: [*self.getlist(name), value]})

    def path(self, base: str) -> str:
        """Return the path ``base`` with this query string."""
        return with_query(base, self)
