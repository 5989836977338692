"""A real provider of sign-ins (OpenID Connect), which runs in this process and speaks HTTP."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import requests
from django.core.cache import cache
from oidc_provider_mock._server import run_server_in_thread

# The library of the provider refuses plain http, which never leaves this computer here.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

ROLES = {"desk-agents": "Customer service", "desk-admins": "Admin"}
SELIN = {
    "email": "selin@shop.example",
    "email_verified": True,
    "preferred_username": "selin",
    "given_name": "Selin",
    "family_name": "Aydın",
    "groups": ["desk-agents", "everybody"],
}


class Provider:
    """The provider's address, and the people who have an account there."""

    def __init__(self, port: int) -> None:
        self.issuer = f"http://localhost:{port}"

    def set(self, subject: str, **claims: object) -> None:
        """Give somebody an account, or change what the provider says about them."""
        requests.put(f"{self.issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()

    def authorize(self, address: str, subject: str) -> str:
        """Sign in there, as a browser would; return the address that it is sent back to."""
        answer = requests.post(address, data={"sub": subject}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def deny(self, address: str) -> str:
        answer = requests.post(address, data={"action": "deny"}, allow_redirects=False, timeout=5)
        return answer.headers["Location"]


@contextmanager
def running(settings) -> Iterator[Provider]:
    """Run the provider, and let the settings name it."""
    with run_server_in_thread(require_nonce=True) as server:
        provider = Provider(server.server_port)
        settings.OIDC_ISSUER = provider.issuer
        settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "desk", "secret of the desk"
        settings.OIDC_NAME, settings.OIDC_ROLES = "Shop login", ROLES
        cache.clear()
        yield provider
    cache.clear()
