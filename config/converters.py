"""How addresses hold what others wrote."""

from django.urls.converters import StringConverter


class ReferenceConverter(StringConverter):
    """Any text: slashes, and line breaks too, which Django's "path" leaves out."""

    regex = r"[\s\S]+"
