"""Template tags and filters for times, durations, numbers, states and tags."""

from django import template

from returns.display import values

register = template.Library()

register.simple_tag(values.when)
register.filter(values.age)
register.filter(values.short_age)
register.simple_tag(values.exact)
register.filter(values.shown_time)
register.filter(values.compared)
register.simple_tag(values.elapsed)
register.filter(values.duration)
register.simple_tag(values.number)
register.filter(values.reference)
register.simple_tag(values.shortened)
register.filter(values.state)
register.simple_tag(values.chip)
register.simple_tag(values.chip_title)
register.simple_tag(values.row_tags)
