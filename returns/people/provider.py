"""The company's provider of sign-ins (OpenID Connect): where it sends people, and what it says.

Addresses and keys of the provider are discovered, and kept for some minutes. An answer counts if it
belongs to a sign-in that began in this session (state), was made for that one (nonce, PKCE), and is
signed by the provider for this desk.
"""

import json
import logging
import re
import time
from datetime import timedelta
from enum import Enum
from functools import cached_property
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

from config.text import shorten
from returns.people.sessions import CONFIRMATION_SECONDS

logger = logging.getLogger(__name__)

PROVIDER_ID = "company"
# Of the standard, such as invalid_scope. Anybody can write another into the address.
ERROR_CODE = re.compile(r"[a-z_]{1,40}")
DISCOVERY_SECONDS = 600
# Those that need a secret of both sides, or none at all, would let others sign.
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
PROVIDER_CLOCK_TOLERANCE = timedelta(minutes=2)

NOT_AS_EXPECTED = (AttributeError, LookupError, TypeError, ValueError)

type Claims = dict[str, Any]


class ProviderFault(Enum):
    """Why a person cannot be signed in by the provider."""

    AWAY = "away"
    CANCELLED = "cancelled"
    INVALID = "invalid"


class ProviderError(Exception):
    """The provider cannot tell who it is."""

    def __init__(self, fault: ProviderFault, reason: str = "") -> None:
        super().__init__(reason)
        self.fault = fault


class Connection(OpenIDConnectOAuth2Adapter):
    """The provider of the settings, as allauth speaks to it."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, PROVIDER_ID)
        self.app = SocialApp(
            provider=OpenIDConnectProvider.id,
            provider_id=PROVIDER_ID,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={
                "server_url": settings.OIDC_ISSUER.rstrip("/"),
                "oauth_pkce_enabled": True,
            },
        )

    def get_provider(self) -> OpenIDConnectProvider:
        """Return the provider. It is in no table."""
        return OpenIDConnectProvider(self.request, app=self.app)

    @cached_property
    def openid_config(self) -> dict[str, Any]:
        """Return what the provider says about itself."""
        return _kept("configuration", self._discover)

    def _discover(self) -> dict[str, Any]:
        address = self.get_provider().server_url
        config = _get_json(address)
        issuer = str(config.get("issuer", ""))
        if issuer.rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
            raise OAuth2Error(f"{address} is of another issuer")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        schemes = {urlsplit(str(config.get(name, ""))).scheme for name in needed}
        if schemes - {"https", urlsplit(settings.OIDC_ISSUER).scheme}:
            raise OAuth2Error(f"{address} lacks an address")
        return config

    @property
    def basic_auth(self) -> bool:
        """Tell how the token is asked for; a provider that does not say takes the header."""
        methods = self.openid_config.get("token_endpoint_auth_methods_supported")
        return methods is None or super().basic_auth

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002
        """Return where the provider sends people back to."""
        return request.build_absolute_uri(reverse("provider-callback"))


def begin(request: HttpRequest, address: str, *, asks_again: bool) -> str:
    """Return the provider's address for a sign-in that leads to an address of ours.

    With ``asks_again``, the provider shall not take a sign-in of before. Raises ``ProviderError``.
    """
    connection = Connection(request)
    try:
        endpoint = urlsplit(connection.authorize_url)
    except (requests.RequestException, OAuth2Error, ValueError) as error:
        raise _away(error) from error
    pkce = connection.get_provider().get_pkce_params()
    nonce = token_urlsafe(24)
    kept = {
        "address": address,
        "nonce": nonce,
        "verifier": pkce.pop("code_verifier"),
        "asks_again": asks_again,
    }
    params = pkce | {
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": connection.get_callback_url(request, connection.app),
        "response_type": "code",
        "scope": " ".join(dict.fromkeys(["openid", *settings.OIDC_SCOPE])),
        "state": statekit.stash_state(request, provider_id=PROVIDER_ID, state=kept),
        "nonce": nonce,
    }
    if asks_again:
        params |= {"prompt": "login", "max_age": "0"}
    query = "&".join(part for part in (endpoint.query, urlencode(params)) if part)
    return endpoint._replace(query=query).geturl()


def finish(request: HttpRequest) -> tuple[Claims, str]:
    """Return what the provider says about the person, and the address that they wanted.

    Raises ``ProviderError``. The state is valid once.
    """
    state_id = request.GET.get("state", "")
    state = statekit.unstash_state(request, provider_id=PROVIDER_ID, state_id=state_id)
    if state is None:
        raise ProviderError(ProviderFault.INVALID, "unknown state")
    if "code" not in request.GET or "error" in request.GET:
        error = request.GET.get("error", "no code")
        is_cancelled = error in {"access_denied", "login_required", "interaction_required"}
        fault = ProviderFault.CANCELLED if is_cancelled else ProviderFault.INVALID
        raise ProviderError(fault, error if ERROR_CODE.fullmatch(error) else "another error")
    try:
        return _claims(request, state), state["address"]
    except (requests.RequestException, json.JSONDecodeError) as error:
        raise _away(error) from error
    except (OAuth2Error, jwt.PyJWTError, *NOT_AS_EXPECTED) as error:
        # The errors of allauth hold the whole answer, perhaps with a token.
        raise ProviderError(ProviderFault.INVALID, type(error).__name__) from error


def _claims(request: HttpRequest, state: dict[str, Any]) -> Claims:
    connection = Connection(request)
    client = connection.get_client(request, connection.app)
    tokens = connection.get_access_token_data(
        request, connection.app, client, pkce_code_verifier=state["verifier"]
    )
    claims = _verified(tokens["id_token"], connection.openid_config)
    if claims.get("nonce") != state["nonce"]:
        raise ProviderError(ProviderFault.INVALID, "another nonce")
    if state["asks_again"] and _age(claims) > CONFIRMATION_SECONDS:
        raise ProviderError(ProviderFault.INVALID, "a sign-in of before")
    if "userinfo_endpoint" not in connection.openid_config:
        return claims
    more: Claims = connection._fetch_user_info(tokens["access_token"])
    if more.get("sub") != claims["sub"]:
        raise ProviderError(ProviderFault.INVALID, "another subject")
    # What is signed counts more.
    return more | claims


def _age(claims: Claims) -> float:
    """Return the seconds since the person signed in at the provider; for ever if it does not say.

    A provider that is asked for ``max_age`` must say so.
    """
    return time.time() - float(claims.get("auth_time", 0))


def _verified(token: str, config: dict[str, Any]) -> Claims:
    """Return the claims of a token that the provider has signed for this desk."""
    claims: Claims = jwt.decode(
        token,
        key=_key_of(token, config["jwks_uri"]),
        algorithms=SIGNATURES,
        audience=settings.OIDC_CLIENT_ID,
        issuer=config["issuer"],
        leeway=PROVIDER_CLOCK_TOLERANCE,
        options={"require": ["exp", "iat", "aud", "iss", "sub"]},
    )
    is_for_others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if is_for_others else settings.OIDC_CLIENT_ID) != (
        settings.OIDC_CLIENT_ID
    ):
        raise jwt.InvalidAudienceError("It was made for another client.")
    return claims


def _key_of(token: str, address: str) -> jwt.PyJWK:
    """Return the key that a token names; asked for anew if it is unknown, because keys change."""
    header = jwt.get_unverified_header(token)
    if header["alg"] not in SIGNATURES:
        raise jwt.InvalidAlgorithmError("The provider signs in a way that is not accepted.")
    name = header.get("kid")
    for is_fresh in (False, True):
        if is_fresh:
            cache.delete(_cache_key("keys"))
        keys = _kept("keys", lambda: _get_json(address))
        usable = [key for key in keys["keys"] if key.get("use", "sig") == "sig"]
        matches = [key for key in usable if name is None or key.get("kid") == name]
        if len(matches) == 1:
            return jwt.PyJWK(matches[0], algorithm=header["alg"])
    raise jwt.InvalidKeyError("The provider has no such key.")


def _kept(name: str, read: Any) -> dict[str, Any]:
    """Return what the provider says; each process asks every ten minutes."""
    known: dict[str, Any] | None = cache.get(_cache_key(name))
    if known is None:
        known = read()
        cache.set(_cache_key(name), known, DISCOVERY_SECONDS)
    return known


def _cache_key(name: str) -> str:
    return f"provider:{settings.OIDC_ISSUER}:{name}"


def _get_json(address: str) -> dict[str, Any]:
    response = requests.get(address, timeout=5)
    response.raise_for_status()
    data: dict[str, Any] = response.json()
    return data


def _away(error: Exception) -> ProviderError:
    return ProviderError(ProviderFault.AWAY, shorten(str(error), 200))
