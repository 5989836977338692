# ruff: noqa: S608 - the parts of these statements are our own
"""Names of tags as the feed, files and the API send them, and the tags that they mean."""

from collections.abc import Collection, Iterable

from django.db import connection, transaction

from tags.groups import UNSORTED
from tags.labels import tag_labelled, tags_labelled
from tags.models import Tag
from tags.vocabulary import ids_of_names


@transaction.atomic
def find_or_create(names: Iterable[str]) -> dict[str, Tag]:
    """Map each name to its tag. Unknown names become tags of the group "Unsorted".

    Names that differ only by spaces, hyphens and underscores, or by # in front, mean one tag, which
    is called by the first of them. What is no name may be the label of a tag, in any language.
    Raises ``IntegrityError`` with the name of the constraint for a name that no tag can have.
    """
    names = list(dict.fromkeys(names))
    tags = find_all(names)
    if unknown := [name for name in names if name not in tags]:
        _create_unsorted(unknown)
        tags |= find_all(unknown)
    return tags


def find_all(names: Iterable[str]) -> dict[str, Tag]:
    """Map each name that means a tag to that; see ``find_or_create``."""
    unique_names = sorted(set(names))
    ids = {name: tag_id for name, tag_id, _ in ids_of_names(unique_names)}
    others = [name for name in unique_names if name not in ids]
    ids |= {name: tag_id for name, tag_id, _ in ids_of_names(others, FIND_SIMILAR_TAGS)}
    tags = Tag.objects.in_bulk(set(ids.values()))
    found = {name: tags[tag_id] for name, tag_id in ids.items() if tag_id in tags}
    return found | tags_labelled((name for name in others if name not in ids), loosely=True)


def similar_keys(names: Collection[str]) -> dict[str, str]:
    """Map each name to what it has in common with all names that mean the same tag."""
    with connection.cursor() as cursor:
        cursor.execute(SELECT_SIMILAR_KEYS, [list(names)])
        return dict(cursor.fetchall())


def count_unsorted() -> int:
    """Return how many tags the group "Unsorted" has."""
    return Tag.objects.filter(group__name=UNSORTED).count()


def find_similar(name: str, besides: int | None = None) -> Tag | None:
    """Return the oldest tag or synonym whose name means the same, or None; see ``find_or_create``.

    If there is none, the tag whose label means the same. Leaves out the tag with the id
    ``besides``, and its synonyms.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND_SIMILAR_NAME, {"name": name, "besides": besides})
        row = cursor.fetchone()
    if row is None:
        labelled = tag_labelled(name, loosely=True)
        return None if labelled and labelled.pk == besides else labelled
    names = Tag.names.select_related("group", "synonym_of__group")
    return names.filter(pk=row[0]).first()


def _create_unsorted(names: list[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tags_taggroup
                (name, color, position, exclusive, required_when, description)
            VALUES (%s, 'gray', 100, false, '', '') ON CONFLICT (name_key) DO NOTHING""",
            [UNSORTED],
        )
        cursor.execute(CREATE_TAGS, [names, UNSORTED])


# SQL for what names that mean one tag have in common. A name of marks alone is like no other.
SIMILAR_KEY = (
    r"coalesce(nullif(regexp_replace(tags_name_key({0}), '^#+|[\s_-]', '', 'g'), ''),"
    r" tags_name_key({0}))"
)
SELECT_SIMILAR_KEYS = f"""
    SELECT n.name, {SIMILAR_KEY.format("n.name")} FROM unnest(%s::text[]) AS n (name)
"""
# Of several tags, the oldest.
FIND_SIMILAR_TAGS = f"""
    SELECT DISTINCT ON (n.name) n.name, coalesce(main.id, t.id), coalesce(main.name, t.name)
    FROM unnest(%s::text[]) AS n (name)
    JOIN tags_tag t ON {SIMILAR_KEY.format("t.name")} = {SIMILAR_KEY.format("n.name")}
    LEFT JOIN tags_tag main ON main.id = t.synonym_of_id
    ORDER BY n.name, t.id
"""

FIND_SIMILAR_NAME = f"""
    SELECT t.id FROM tags_tag t
    WHERE {SIMILAR_KEY.format("t.name")} = {SIMILAR_KEY.format("%(name)s::text")}
        AND NOT t.is_forgotten
        AND coalesce(t.synonym_of_id, t.id) IS DISTINCT FROM %(besides)s
    ORDER BY t.id LIMIT 1
"""

# Sorted, so that two imports with the same new names lock them in the same order.
CREATE_TAGS = f"""
    INSERT INTO tags_tag (name, group_id, slot, position, description)
    SELECT DISTINCT ON ({SIMILAR_KEY.format("n.name")}) n.name, g.id, g.slot, 100, ''
    FROM unnest(%s::text[]) WITH ORDINALITY AS n (name, place)
    JOIN tags_taggroup g ON g.name_key = tags_name_key(%s)
    ORDER BY {SIMILAR_KEY.format("n.name")}, n.place
    ON CONFLICT (name_key) DO NOTHING
"""
