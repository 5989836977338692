"""The results of a bulk tagging: added up, and as text."""

from typing import Any

from django.conf import settings

from config.shipped_names import stored_tag
from config.stored_texts import StoredText, Value, stored_ntext, stored_text
from tags import tagging
from tags.bulk.extras import Extra
from tags.models import BulkTagging
from tags.sentences import joined
from tags.vocabulary import tag_names

A_TAG = stored_text("a tag")  # one that was deleted


def add_batch(
    results: dict[str, Any], batch: tagging.BatchResult, requested: int
) -> dict[str, Any]:
    """Return the results with those of one more batch of ``requested`` records added."""
    total: dict[str, Any] = {
        "records": results.get("records", 0) + batch.records,
        "gone": results.get("gone", 0) + requested - batch.records,
        "full": results.get("full", 0) + batch.full,
    }
    for name in ("added", "removed", "replaced"):
        before, now = results.get(name, {}), getattr(batch, name)
        tags = before.keys() | {str(tag_id) for tag_id in now}
        total[name] = {tag: before.get(tag, 0) + now.get(int(tag), 0) for tag in tags}
    return total


def describe_results(bulk: BulkTagging, extra: Extra | None = None) -> StoredText:
    """Describe the results so far: "“books” added to 9,812; 188 already had it."."""
    results = bulk.results
    records, full = results.get("records", 0), results.get("full", 0)
    known = tag_names([*bulk.adds, *bulk.removes])
    names = {pk: stored_tag(name) for pk, name in known.items()}
    sentences = [extra.heading()] if extra else []
    for pk in bulk.adds:
        added = results.get("added", {}).get(str(pk), 0)
        replaced = results.get("replaced", {}).get(str(pk), 0)
        name = names.get(pk, A_TAG)
        sentences.append(_describe_added(name, added, records - full - added, replaced))
    for pk in bulk.removes:
        removed = results.get("removed", {}).get(str(pk), 0)
        sentences.append(_describe_removed(names.get(pk, A_TAG), removed, records - removed))
    if full:
        bound = settings.RETURN_TAGS
        text = stored_ntext(
            "A return can have up to %(bound)s tag, so nothing was added to %(count)s.",
            "A return can have up to %(bound)s tags, so nothing was added to %(count)s.",
            bound,
            bound=bound,
            count=full,
        )
        sentences.append(text)
    sentences += extra.results() if extra else []
    if gone := results.get("gone", 0):
        sentences.append(stored_text("Deleted since the preview: %(count)s.", count=gone))
    return joined(sentences)


def _describe_added(name: StoredText, added: int, present: int, replaced: int) -> StoredText:
    values: dict[str, Value] = {
        "name": name,
        "added": added,
        "present": present,
        "replaced": replaced,
    }
    if present and replaced:
        return stored_text(
            "“%(name)s” added to %(added)s; %(present)s already had it; "
            "replaced another tag on %(replaced)s.",
            **values,
        )
    if present:
        return stored_text("“%(name)s” added to %(added)s; %(present)s already had it.", **values)
    if replaced:
        return stored_text(
            "“%(name)s” added to %(added)s; replaced another tag on %(replaced)s.", **values
        )
    return stored_text("“%(name)s” added to %(added)s.", **values)


def _describe_removed(name: StoredText, removed: int, absent: int) -> StoredText:
    values: dict[str, Value] = {"name": name, "removed": removed, "absent": absent}
    if absent:
        return stored_text(
            "“%(name)s” removed from %(removed)s; %(absent)s did not have it.", **values
        )
    return stored_text("“%(name)s” removed from %(removed)s.", **values)


def kind_of_tagging(bulk: BulkTagging) -> Any:
    """Return the model of the taggings that a bulk tagging changes."""
    kinds = tagging.kinds_of_tagging()
    return next(kind for kind in kinds if kind._meta.label_lower == bulk.taggings)
