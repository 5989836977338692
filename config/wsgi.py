"""The WSGI entry point, which each worker of ``manage.py serve`` loads."""

import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils.module_loading import import_string
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from config.errors import sentence_for
from config.memory import forget_unknown_encodings, return_large_blocks, with_room
from config.observing.lines import failed_start
from config.observing.metrics_folder import prepare_metrics
from config.observing.start import start_observing
from config.parent_process import end_while_starting, end_with_parent
from config.slow_bodies import BodyTimeLimit
from config.unreadable import guard_content_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_LIMIT", "10")
end_while_starting()
return_large_blocks()
forget_unknown_encodings()
prepare_metrics()

# Seconds that a running request has when the server's main process was killed.
ORPHAN_TIMEOUT = 10


def _application() -> BodyTimeLimit:
    """Load the settings; a worker that cannot start exits with a sentence that says why."""
    try:
        handler = guard_content_type(get_wsgi_application())
        return BodyTimeLimit(
            lambda environ, start: with_room(handler, environ, start), settings.BODY_SECONDS
        )
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        sys.exit(failed_start(sentence, as_json=os.environ.get("LOG_FORMAT") == "json"))


# Take the client's address from the proxy. Otherwise everybody would have the address of the proxy,
# and somebody guessing a password would lock out its owner.
application = wrap_wsgi_with_proxy_headers(_application(), settings.TRUSTED_PROXIES)
start_observing("web")
import_string("returns.operations.serving.serve_metrics_of_web")()
end_with_parent(ORPHAN_TIMEOUT)
