"""Add, remove, move and bring back tags on records: the only writer of taggings."""

from tags.tagging.batch import Batch, count_taggings, tag_batch
from tags.tagging.for_rules import (
    add_where_free,
    free_for,
    lock_records,
    put_by_nobody,
    remove_where_nobodys,
)
from tags.tagging.kinds import (
    Person,
    as_part_of,
    done_by,
    example_of,
    in_sql,
    kinds_of_tagging,
    records,
    records_carry,
)
from tags.tagging.many import Conflict, TagsAdded, add_many
from tags.tagging.merged import count_doubles, in_the_way_of_merging, merge_taggings
from tags.tagging.single import Change, add_tag, remove_tag
from tags.tagging.undone import PutBack, put_back, words_of

__all__ = [
    "Batch",
    "Change",
    "Conflict",
    "Person",
    "PutBack",
    "TagsAdded",
    "add_many",
    "add_tag",
    "add_where_free",
    "as_part_of",
    "count_doubles",
    "count_taggings",
    "done_by",
    "example_of",
    "free_for",
    "in_sql",
    "in_the_way_of_merging",
    "kinds_of_tagging",
    "lock_records",
    "merge_taggings",
    "put_back",
    "put_by_nobody",
    "records",
    "records_carry",
    "remove_tag",
    "remove_where_nobodys",
    "tag_batch",
    "words_of",
]
