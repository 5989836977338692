"""Add, remove, merge and restore taggings. Nothing else writes them."""

from tags.tagging.batch import BatchResult, count_taggings, tag_batch
from tags.tagging.bound import TooManyTagsError, describe_bound, find_full
from tags.tagging.for_rules import (
    add_where_allowed,
    find_addable,
    find_removable,
    lock_records,
    remove_where_allowed,
)
from tags.tagging.kinds import (
    UNDO_SOURCE,
    Person,
    as_part_of,
    count_label,
    done_by,
    example_names,
    existing_records,
    kinds_of_tagging,
    with_tables,
)
from tags.tagging.many import Conflict, TagsAdded, add_many, ever_tagged, remove_all, slots_of
from tags.tagging.merge import count_affected, find_merge_conflicts, merge_taggings
from tags.tagging.restore import RestoreResult, describe_undoing, find_changed, restore_taggings
from tags.tagging.single import Change, add_tag, remove_tag

__all__ = [
    "UNDO_SOURCE",
    "BatchResult",
    "Change",
    "Conflict",
    "Person",
    "RestoreResult",
    "TagsAdded",
    "TooManyTagsError",
    "add_many",
    "add_tag",
    "add_where_allowed",
    "as_part_of",
    "count_affected",
    "count_label",
    "count_taggings",
    "describe_bound",
    "describe_undoing",
    "done_by",
    "ever_tagged",
    "example_names",
    "existing_records",
    "find_addable",
    "find_changed",
    "find_full",
    "find_merge_conflicts",
    "find_removable",
    "kinds_of_tagging",
    "lock_records",
    "merge_taggings",
    "remove_all",
    "remove_tag",
    "remove_where_allowed",
    "restore_taggings",
    "slots_of",
    "tag_batch",
    "with_tables",
]
