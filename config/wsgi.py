"""The WSGI entry point: ``granian --interface wsgi config.wsgi:application``."""

import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

from config.errors import sentence_for
from config.memory import return_large_blocks
from config.parent_process import end_while_starting, end_with_parent
from config.slow_bodies import BodyTimeLimit
from config.unreadable import guard_content_type

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_LIMIT", "10")
end_while_starting()
return_large_blocks()

# Seconds that a running request has when the server's main process was killed.
ORPHAN_TIMEOUT = 10


def _application() -> BodyTimeLimit:
    """Load the settings; a worker that cannot start exits with a sentence that says why."""
    try:
        handler = guard_content_type(get_wsgi_application())
        return BodyTimeLimit(handler, settings.BODY_SECONDS)
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        sys.exit(sentence)


# Take the client's address from the proxy on this computer. Otherwise everybody would have the
# address of the proxy, and somebody guessing a password would lock out its owner.
application = wrap_wsgi_with_proxy_headers(_application(), trusted_hosts="127.0.0.1,::1")
end_with_parent(ORPHAN_TIMEOUT)
