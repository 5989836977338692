"""How static files are named and stored in deployment."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFiles(CompressedManifestStaticFilesStorage):
    """Static files with a hash of the content in their names, compressed once.

    Imports between our scripts are rewritten too, so that a browser never mixes old and new
    modules.
    """

    support_js_module_import_aggregation = True
