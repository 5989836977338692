"""The query string of a request: read once by the view, and handed down as it is."""

from collections.abc import Iterable, Mapping
from typing import Self

from django.http import QueryDict

from config.addresses import with_query


class Query(QueryDict):
    """A query string, immutable, without blank values and without blanks around the others.

    A view reads one from its request; what changes a query returns another one.
    """

    @classmethod
    def read(cls, data: QueryDict) -> Self:
        """Return the query of a request's parameters, such as ``request.GET``."""
        return cls.of({name: map(str, values) for name, values in data.lists()})

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the query of a text such as ``state=Completed&tag=books``."""
        return cls.read(QueryDict(text))

    @classmethod
    def of(cls, lists: Mapping[str, Iterable[str]]) -> Self:
        """Return the query with these values by the names of their parameters."""
        query = cls(mutable=True)
        for name, values in lists.items():
            if stripped := [text for value in values if (text := value.strip())]:
                query.setlist(name, stripped)
        query._mutable = False
        return query

    def without(self, *names: str) -> Self:
        """Return the query without these parameters."""
        return self.of({name: values for name, values in self.lists() if name not in names})

    def replace(self, **lists: str | Iterable[str]) -> Self:
        """Return the query in which these parameters have these values alone, perhaps none."""
        replaced = {
            name: [values] if isinstance(values, str) else values for name, values in lists.items()
        }
        return self.of(dict(self.lists()) | replaced)

    def add(self, name: str, value: str) -> Self:
        """Return the query with one more value of a parameter."""
        return self.replace(**{name: [*self.getlist(name), value]})

    def path(self, base: str) -> str:
        """Return a path with this query."""
        return with_query(base, self)
