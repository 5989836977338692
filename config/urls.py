"""All URLs of the site."""

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeDoneView
from django.urls import include, path
from django.views.generic import RedirectView

from config import brand, health
from returns.admin.on_site import view_on_site
from returns.views import (
    accounts,
    languages,
    password_resets,
    preferences,
    provider,
    second_factor,
    security,
)

handler400 = "returns.views.errors.bad_request"
handler403 = "returns.views.errors.permission_denied"
handler404 = "returns.views.errors.not_found"
handler500 = "returns.views.errors.server_error"

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("logo", brand.logo, name="logo"),
    path("metrics", health.metrics, name="metrics"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/login/", accounts.sign_in, name="login"),
    path("accounts/login/code/", accounts.second_factor, name="second-factor"),
    path("accounts/login/passkey/", accounts.use_passkey, name="passkey-login"),
    path("accounts/login/provider/", provider.begin, name="provider-begin"),
    path("accounts/login/provider/back/", provider.callback, name="provider-callback"),
    path("accounts/logout/", accounts.sign_out, name="logout"),
    path("accounts/password/", accounts.change_password, name="password_change"),
    path("accounts/password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
    # Names that Django knows.
    path("accounts/reset/", password_resets.ask, name="password_reset"),
    path("accounts/reset/asked/", password_resets.asked, name="password_reset_done"),
    path("accounts/reset/done/", password_resets.chosen, name="password_reset_complete"),
    path(
        "accounts/reset/<str:uidb64>/<str:token>/",
        password_resets.choose,
        name="password_reset_confirm",
    ),
    path("accounts/security/", security.show, name="security"),
    path("accounts/security/confirm/", second_factor.confirm, name="confirm-identity"),
    path("accounts/security/app/", security.app, name="security-app"),
    path("accounts/security/passkey/", security.new_passkey, name="new-passkey"),
    path("accounts/security/passkey/<int:pk>/", security.passkey, name="passkey"),
    path("accounts/security/codes/", security.recovery_codes, name="recovery-codes"),
    path("accounts/security/sessions/", security.end_sessions, name="end-sessions"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/language/", languages.choose, name="choose-language"),
    path("preferences/columns/", preferences.columns, name="columns"),
    # These replace the admin's pages: there is one login page with one lockout, for example.
    path("admin/login/", accounts.enter_admin),
    path("admin/logout/", accounts.sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/r/<path:content_type_id>/<path:object_id>/", admin.site.admin_view(view_on_site)),
    path("admin/", admin.site.urls),
    path("tags/", include("tags.urls")),
    path("openapi/v1/", include("returns.api.urls")),
    path("", include("returns.urls")),
]
