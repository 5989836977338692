"""Deadlines in templates."""

from django import template

from returns.display import deadlines

register = template.Library()

register.simple_tag(deadlines.deadline)
register.filter(deadlines.on_day)
