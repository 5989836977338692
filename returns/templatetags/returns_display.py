"""Template tags and filters for times, durations, numbers, states and tags."""

from django import template

from config.text import capitalized
from returns.display import durations, values

register = template.Library()

register.simple_tag(values.when)
register.filter(durations.age)
register.filter(durations.short_age)
register.filter(durations.long_ago)
register.filter(durations.short_ago)
register.simple_tag(values.exact)
register.filter(values.shown_time)
register.filter(values.compared)
register.simple_tag(durations.elapsed)
register.filter(durations.duration)
register.filter(capitalized)
register.simple_tag(values.number)
register.filter(values.reference)
register.simple_tag(values.shortened)
register.filter(values.state)
register.simple_tag(values.chip)
register.simple_tag(values.chip_title)
register.simple_tag(values.row_tags)
