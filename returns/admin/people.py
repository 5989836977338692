"""People in the admin: what they may do comes from their roles, and nobody raises themselves."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest

from returns.models import Preferences

admin.site.unregister(User)
admin.site.unregister(Group)


class PreferencesForm(forms.ModelForm):
    """A person's preferences, with the zones by name: a wrong one would break every page."""

    time_zone = forms.ChoiceField(
        required=False,
        choices=[
            ("", "The zone of the warehouse"),
            *((zone, zone) for zone in sorted(available_timezones())),
        ],
    )

    class Meta:
        model = Preferences
        fields = ["time_zone", "density"]


class PreferencesInline(admin.StackedInline):
    """Preferences belong to the person, so whoever may change the person may change them."""

    model = Preferences
    form = PreferencesForm
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Follow the permission on the person."""
        return request.user.has_perm("auth.view_user")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Follow the permission on the person."""
        return request.user.has_perm("auth.change_user")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Follow the permission on the person."""
        return request.user.has_perm("auth.change_user")


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People and their roles. Who leaves is made inactive: their name stays on the timeline."""

    actions = None
    inlines = [PreferencesInline]
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Name", {"fields": ("first_name", "last_name", "email")}),
        ("Access", {"fields": ("is_active", "groups", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """Show preferences of people that exist; a new one has chosen nothing."""
        return [PreferencesInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let only a superuser make a superuser."""
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only a superuser change a superuser, their password included."""
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: who did what must stay readable."""
        return False


@admin.register(Group)
class RoleAdmin(admin.ModelAdmin):
    """Roles are shown; ``setup_roles`` keeps them as the matrix says."""

    actions = None
    fields = ["name", "allowed"]

    @admin.display(description="May")
    def allowed(self, obj: Group) -> str:
        """Name what the role may do."""
        return ", ".join(permission.name for permission in obj.permissions.all())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: roles come from the program."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse: a change would be undone by the next migrate."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse: roles come from the program."""
        return False
