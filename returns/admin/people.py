"""People in the admin. Their roles decide what they may do; nobody can promote themselves."""

from typing import Any, cast
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, User
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.shipped_names import role_label
from config.text import require_visible
from returns.admin.permission_names import permission_name
from returns.models import Preferences
from returns.models.access import SignInChange
from returns.people.access import record_sign_in_change
from returns.people.forms import RolesField

admin.site.unregister(User)
admin.site.unregister(Group)


class PreferencesAdminForm(forms.ModelForm):
    """A person's preferences, with a list of time zones: a wrong one would break every page."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=[
            ("", _("Warehouse time")),
            *((zone, zone) for zone in sorted(available_timezones())),
        ],
    )

    class Meta:
        model = Preferences
        fields = ["time_zone", "density"]


class PreferencesInline(admin.StackedInline):
    """The preferences of a person. The permissions on the person apply."""

    model = Preferences
    form = PreferencesAdminForm
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


class PersonForm(UserChangeForm):
    """A person. The last superuser cannot become an ordinary person, or inactive."""

    def clean(self) -> dict[str, Any]:
        """Refuse to leave the desk without an active superuser."""
        values = super().clean() or {}
        was_one = User.objects.filter(pk=self.instance.pk, is_superuser=True, is_active=True)
        if was_one.exists():
            # Lock before reading: two superusers may demote each other at the same time.
            active = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
            is_last = not active.order_by("pk").exclude(pk=self.instance.pk).exists()
            for name in ("is_superuser", "is_active"):
                if is_last and not values.get(name, True):
                    message = gettext("This is the last active superuser. Make another one first.")
                    self.add_error(name, message)
        return values


class RoleFilter(admin.RelatedFieldListFilter):
    """A filter by role, by the names that the reader knows."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return the ids of the roles with their names."""
        choices = super().field_choices(field, request, model_admin)
        return [(pk, role_label(str(name))) for pk, name in choices]


@admin.register(User)
class PersonAdmin(UserAdmin):
    """People and their roles. People who leave are made inactive: the timeline names them."""

    actions = None
    form = PersonForm
    inlines = [PreferencesInline]
    list_display = ("username", "first_name", "last_name", "email", "is_active", "is_staff")
    list_filter = ("is_staff", "is_superuser", "is_active", ("groups", RoleFilter))
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Name"), {"fields": ("first_name", "last_name", "email")}),
        (_("Access"), {"fields": ("is_active", "groups", "is_staff", "is_superuser")}),
        (_("Times"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2")}),
        (_("Name"), {"fields": ("first_name", "last_name", "email")}),
        (_("Access"), {"fields": ("groups", "is_staff")}),
    )
    readonly_fields = ("last_login", "date_joined")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Refuse invisible characters in names; Django does so for user names alone."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.name in {"first_name", "last_name"}:
            field.validators.append(require_visible)
        return field

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer roles by the names that the reader knows."""
        if db_field.name == "groups":
            kwargs["form_class"] = RolesField
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """Show the preferences of existing people only; new people have none yet."""
        return [PreferencesInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """Let only superusers make others superusers."""
        if request.user.is_superuser:
            return self.readonly_fields
        return (*self.readonly_fields, "is_superuser")

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002 - Django passes it by name
        form_url: str = "",
    ) -> HttpResponse:
        """Give a person another password, and record it."""
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            person, changed_by = User.objects.get(pk=id), cast("User", request.user)
            record_sign_in_change(request, changed_by, SignInChange.PASSWORD, person)
        return response

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only superusers change superusers, including their passwords."""
        if obj and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: the timeline must keep naming people."""
        return False


@admin.register(Group)
class RoleAdmin(admin.ModelAdmin):
    """Roles are read-only; ``setup_roles`` sets their permissions."""

    actions = None
    list_display = ["label"]
    fields = ["name", "allowed"]

    @admin.display(description=_("Name"), ordering="name")
    def label(self, obj: Group) -> str:
        """Return the name of the role as its reader knows it."""
        return role_label(obj.name)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Group | None:
        """Return the role under the name that its reader knows; it is only shown, never saved."""
        role: Group | None = super().get_object(request, object_id, from_field)
        if role:
            role.name = role_label(role.name)
        return role

    @admin.display(description=_("Permissions"))
    def allowed(self, obj: Group) -> str:
        """Return the role's permissions."""
        return ", ".join(map(permission_name, obj.permissions.all()))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse: the roles are defined in code."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse: a change would be undone by the next migrate."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Refuse: the roles are defined in code."""
        return False
