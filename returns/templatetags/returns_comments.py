"""Template filters for people and comments."""

from django import template

from config.versions import version_of
from returns.models import Comment
from returns.people.person import person_name
from returns.record.comments import EarlierText, earlier_texts

register = template.Library()


register.filter("person", person_name)


@register.filter
def earlier(comment: Comment) -> list[EarlierText]:
    """Return the replaced texts of a comment, newest first."""
    return earlier_texts(comment)


@register.filter
def version(text: str) -> str:
    """Return the version of a text, for a form that replaces it."""
    return version_of(text)
