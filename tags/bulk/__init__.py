"""Tag many records at once: a draft with a preview, then steps that can be interrupted."""

from tags.bulk.drafts import (
    NO_LONGER_ALLOWED,
    Preview,
    Status,
    TagCount,
    check_allowed,
    check_compatible,
    count_records,
    create_draft,
    find_bulk,
    old_bulk,
    preview,
    start,
)
from tags.bulk.extras import Extra, extra_of, provide_extras
from tags.bulk.steps import (
    MAY_UNDO,
    lock_for_action,
    run_oldest_step,
    run_steps,
    start_undo,
    work_of,
)

__all__ = [
    "MAY_UNDO",
    "NO_LONGER_ALLOWED",
    "Extra",
    "Preview",
    "Status",
    "TagCount",
    "check_allowed",
    "check_compatible",
    "count_records",
    "create_draft",
    "extra_of",
    "find_bulk",
    "lock_for_action",
    "old_bulk",
    "preview",
    "provide_extras",
    "run_oldest_step",
    "run_steps",
    "start",
    "start_undo",
    "work_of",
]
