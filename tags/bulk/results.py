"""The results of a bulk tagging: added up, and as text."""

from typing import Any

from tags import tagging
from tags.models import BulkTagging
from tags.vocabulary import tag_names


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


def describe_results(bulk: BulkTagging) -> str:
    """Describe the results so far: "“books” added to 9,812; 188 already had it."."""
    results = bulk.results
    records, full = results.get("records", 0), results.get("full", 0)
    names = tag_names([*bulk.adds, *bulk.removes])
    sentences = []
    for pk in bulk.adds:
        added = results.get("added", {}).get(str(pk), 0)
        sentence = f"“{names.get(pk, 'a tag')}” added to {added:,}"
        if present := records - full - added:
            sentence += f"; {present:,} already had it"
        if replaced := results.get("replaced", {}).get(str(pk), 0):
            sentence += f"; replaced another tag on {replaced:,}"
        sentences.append(f"{sentence}.")
    for pk in bulk.removes:
        removed = results.get("removed", {}).get(str(pk), 0)
        sentence = f"“{names.get(pk, 'a tag')}” removed from {removed:,}"
        if absent := records - removed:
            sentence += f"; {absent:,} did not have it"
        sentences.append(f"{sentence}.")
    if full:
        bound = tagging.describe_bound(kind_of_tagging(bulk)).removesuffix(".")
        sentences.append(f"{bound}, so nothing was added to {full:,}.")
    if gone := results.get("gone", 0):
        sentences.append(f"Deleted since the preview: {gone:,}.")
    return " ".join(sentences)


def kind_of_tagging(bulk: BulkTagging) -> Any:
    """Return the model of the taggings that a bulk tagging changes."""
    kinds = tagging.kinds_of_tagging()
    return next(kind for kind in kinds if kind._meta.label_lower == bulk.taggings)
