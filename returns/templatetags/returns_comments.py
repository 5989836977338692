"""Template filters for people and comments."""

from django import template
from django.template.defaultfilters import linebreaksbr
from django.utils.safestring import SafeString

from config.markup import format_html, format_html_join
from config.versions import version_of
from returns.models import Comment
from returns.people.person import person_name
from returns.record.comments import EarlierText, earlier_texts
from returns.record.mentions import split_mentions

register = template.Library()


register.filter("person", person_name)


@register.filter
def earlier(comment: Comment) -> list[EarlierText]:
    """Return the replaced texts of a comment, newest first."""
    return earlier_texts(comment)


@register.filter
def comment_text(comment: Comment) -> SafeString:
    """Format the text of a comment, with whom it mentions."""
    parts = split_mentions(comment.text, comment.mentioned)
    return format_html_join(
        "", "{}", ((_mention(text) if is_one else linebreaksbr(text),) for text, is_one in parts)
    )


def _mention(text: str) -> SafeString:
    return format_html('<b class="mention">{}</b>', text)


@register.filter
def version(text: str) -> str:
    """Return the version of a text, for a form that replaces it."""
    return version_of(text)
