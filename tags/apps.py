from django.apps import AppConfig


class TagsConfig(AppConfig):
    """The vocabulary and tagging. Knows nothing about the records that are tagged."""

    name = "tags"
