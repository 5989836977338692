"""The cookie of messages by the name that deployments with https give to all cookies."""

from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Messages in a cookie that only this host can set."""

    cookie_name = "__Host-messages"


class HostMessageStorage(FallbackStorage):
    """Messages in that cookie, or in the session if they are long, as Django stores them."""

    storage_classes = (HostCookieStorage, SessionStorage)
