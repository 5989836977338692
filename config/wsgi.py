"""The WSGI entry point: ``granian --interface wsgi config.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application
from granian.utils.proxies import wrap_wsgi_with_proxy_headers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("STATEMENT_LIMIT", "10")

# The proxy on this computer names the address it serves. Without that everybody would come from
# the proxy's own, and a guesser anywhere would lock a name out for its owner.
application = wrap_wsgi_with_proxy_headers(get_wsgi_application(), trusted_hosts="127.0.0.1,::1")
