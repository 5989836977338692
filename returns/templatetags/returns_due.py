"""Template tags and filters for deadlines."""

from django import template

from returns.display import deadlines

register = template.Library()

register.simple_tag(deadlines.deadline)
register.filter(deadlines.day_and_time)
