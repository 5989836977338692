"""Add and remove tags on records: the only writer of taggings."""
