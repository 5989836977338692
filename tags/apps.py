from django.apps import AppConfig


class TagsConfig(AppConfig):
    """The vocabulary of tags, and tagging; knows nothing of what is tagged."""

    name = "tags"
