"""All URLs of the site."""

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeDoneView
from django.urls import include, path
from django.views.generic import RedirectView

from config import brand, health
from returns.views import accounts, languages, preferences

handler400 = "returns.views.errors.bad_request"
handler403 = "returns.views.errors.permission_denied"
handler404 = "returns.views.errors.not_found"
handler500 = "returns.views.errors.server_error"

urlpatterns = [
    path("healthz", health.alive, name="healthz"),
    path("logo", brand.logo, name="logo"),
    path("readyz", health.ready, name="readyz"),
    path("accounts/login/", accounts.sign_in, name="login"),
    path("accounts/logout/", accounts.sign_out, name="logout"),
    path("accounts/password/", accounts.change_password, name="password_change"),
    path("accounts/password/done/", PasswordChangeDoneView.as_view(), name="password_change_done"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/language/", languages.choose, name="choose-language"),
    path("preferences/columns/", preferences.columns, name="columns"),
    # These replace the admin's pages, so that there is one login page with one lockout.
    path("admin/login/", accounts.enter_admin),
    path("admin/logout/", accounts.sign_out),
    path("admin/password_change/", RedirectView.as_view(pattern_name="password_change")),
    path("admin/", admin.site.urls),
    path("tags/", include("tags.urls")),
    path("openapi/v1/", include("returns.api.urls")),
    path("", include("returns.urls")),
]
