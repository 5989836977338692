"""Second factors in the admin: removed for somebody who has lost theirs, and never read."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from returns.people.person import person_name
from returns.people.second_factor import APP, PASSKEY, RECOVERY, remove_factor

FACTOR_NAMES = {
    APP: _("Authenticator app"),
    PASSKEY: _("Passkey"),
    RECOVERY: _("Recovery codes"),
}

# What allauth calls an authenticator.
Authenticator._meta.verbose_name = pgettext_lazy("model", "second factor")
Authenticator._meta.verbose_name_plural = pgettext_lazy("model", "second factors")
for model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)


@admin.register(Authenticator)
class SecondFactorAdmin(admin.ModelAdmin):
    """Who has which second factor, since when. Their secrets are on no page."""

    actions = None
    list_display = ("person", "kind", "created_at", "last_used_at")
    list_display_links = ("person",)
    list_filter = ("type",)
    list_select_related = ("user",)
    search_fields = ("user__username", "user__first_name", "user__last_name")
    fields = ("person", "kind", "created_at", "last_used_at")

    @admin.display(description=_("Person"), ordering="user__username")
    def person(self, obj: Authenticator) -> str:
        """Return the name of the person."""
        return person_name(obj.user)

    @admin.display(description=_("Kind"), ordering="type")
    def kind(self, obj: Authenticator) -> str:
        """Return what kind of second factor it is."""
        return str(FACTOR_NAMES[obj.type])

    def delete_model(self, request: HttpRequest, obj: Authenticator) -> None:
        """Remove the factor; with the last one, the recovery codes too."""
        remove_factor(obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: people set up their own."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a factor is used as it is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let only superusers remove those of superusers, as they alone change their passwords."""
        if obj and obj.user.is_superuser and not request.user.is_superuser:
            return False
        return super().has_delete_permission(request, obj)
