"""What was changed of a tag or a group, in words for the history."""

from config.shipped_names import stored_group, stored_tag
from config.stored_texts import StoredText, stored_text
from tags.history import Snapshot
from tags.models import Tag, TagGroup
from tags.sentences import joined

# For fields whose value decides: the words if it is set, and if it is empty.
SWITCHES = {
    "retired_at": (stored_text("retired"), stored_text("no longer retired")),
    "exclusive": (stored_text("only one tag allowed"), stored_text("several tags allowed")),
    "required_when": (stored_text("required"), stored_text("no longer required")),
    "raises": (stored_text("urgent"), stored_text("no longer urgent")),
}
OTHERS = {
    "description": stored_text("description changed"),
    "color": stored_text("colour changed"),
    "position": stored_text("position changed"),
}


def describe_saved(entry: Tag | TagGroup, before: Snapshot, after: Snapshot) -> StoredText:
    """Describe the changed fields; ``before`` is empty if the entry is new."""
    if not before:
        return _describe_created(entry)
    changed = {name for name in after if before[name] != after[name]}
    parts = []
    if "name" in changed:
        stored_name = stored_tag if isinstance(entry, Tag) else stored_group
        parts.append(stored_text("renamed from “%(name)s”", name=stored_name(before["name"])))
    if "group_id" in changed and isinstance(entry, Tag) and entry.group:
        parts.append(stored_text("moved to %(group)s", group=entry.group.stored_name))
    parts += [words[not after[name]] for name, words in SWITCHES.items() if name in changed]
    parts += [words for name, words in OTHERS.items() if name in changed]
    changes = joined(parts, ", ")
    return stored_text("“%(name)s”: %(changes)s.", name=entry.stored_name, changes=changes)


def _describe_created(entry: Tag | TagGroup) -> StoredText:
    name = entry.stored_name
    if isinstance(entry, Tag) and entry.group:
        return stored_text(
            "Created “%(name)s” in %(group)s.", name=name, group=entry.group.stored_name
        )
    return stored_text("Created “%(name)s”.", name=name)
