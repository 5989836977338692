"""How people and their comments are written in pages."""

from django import template
from django.contrib.auth.models import User

from config.versions import version_of
from returns.models import Comment
from returns.record.comments import EarlierText, earlier_texts

register = template.Library()


@register.filter
def person(user: User) -> str:
    """Write a person's name, or else the name that they sign in with."""
    return user.get_full_name() or user.get_username()


@register.filter
def earlier(comment: Comment) -> list[EarlierText]:
    """Return the texts of a comment that edits replaced, the newest first."""
    return earlier_texts(comment)


@register.filter
def version(text: str) -> str:
    """Return what a form carries to say which text it replaces."""
    return version_of(text)
