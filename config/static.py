"""How static files are named and kept for deployment."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class NamedByContent(CompressedManifestStaticFilesStorage):
    """Files named by their content, compressed once.

    The imports between our scripts are rewritten too, so that a browser never runs an old module
    beside a new one.
    """

    support_js_module_import_aggregation = True
