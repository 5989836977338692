"""The tables of tags. Nothing here knows which records are tagged."""

from tags.models.actions import BulkTagging, TagAction, TagActionRow
from tags.models.taggings import Tagging
from tags.models.vocabulary import Color, NameKey, Tag, TagGroup

__all__ = [
    "BulkTagging",
    "Color",
    "NameKey",
    "Tag",
    "TagAction",
    "TagActionRow",
    "TagGroup",
    "Tagging",
]
