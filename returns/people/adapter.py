"""What allauth asks the desk: the steps of signing in, what happens after them, and names."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import resolve_url

from config.brand import desk_name
from config.client import client_network
from returns.people import encryption
from returns.people.person import ROLE_BACKEND, person_name
from returns.people.signing_in import note_signed_in


class AccountAdapter(DefaultAccountAdapter):
    """Signs people in whom one of our pages has recognised."""

    def get_login_stages(self) -> list[str]:
        """Return the steps between who it is and being signed in."""
        return ["returns.people.signing_in.SecondFactorStage"]

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign the person in: sessions store by which backend their person is loaded."""
        user.backend = ROLE_BACKEND
        super().login(request, user)

    def post_login(
        self,
        request: HttpRequest,
        user: Any,
        *,
        redirect_url: str | None,
        signal_kwargs: dict[str, Any] | None,
        **kwargs: Any,  # noqa: ARG002
    ) -> HttpResponse:
        """Note that somebody has signed in, and lead them to the page that they wanted."""
        note_signed_in(request, user, **(signal_kwargs or {}))
        return HttpResponseRedirect(redirect_url or resolve_url("home"))

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing: our pages do."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that limits go by."""
        return client_network(request) or ""


class FactorAdapter(DefaultMFAAdapter):
    """How apps and passkeys call the desk and its people."""

    def get_totp_label(self, user: Any) -> str:
        """Return the name under which an app shows the code."""
        return str(user.get_username())

    def get_totp_issuer(self) -> str:
        """Return the name of the desk."""
        return desk_name()

    def encrypt(self, text: str) -> str:
        """Encrypt a secret."""
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return a secret that was encrypted."""
        return encryption.decrypt(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return the host that passkeys are for, and the name of the desk."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return entity | {"name": desk_name()}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        """Return how the browser calls the person. Nothing in it is secret."""
        return {
            "id": user_pk_to_url_str(user).encode(),
            "display_name": person_name(user),
            "name": user.get_username(),
        }
