"""API tokens in the admin: created, shown once, revoked, never deleted."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from config.forms import WholeNumberField
from returns.models import ApiToken, Scope
from returns.people.tokens import DEFAULT_TOKEN_DAYS, MAX_TOKEN_DAYS, is_name_taken, issue, revoke


class NewTokenForm(forms.ModelForm):
    """The form for a new token."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label=_("Allowed to")
    )
    days = WholeNumberField(
        required=False,
        min_value=1,
        max_value=MAX_TOKEN_DAYS,
        initial=DEFAULT_TOKEN_DAYS,
        label=_("Valid for (days)"),
        help_text=format_lazy(_("{days} if you leave it empty."), days=DEFAULT_TOKEN_DAYS),
    )
    never_expires = forms.BooleanField(
        required=False,
        label=_("Never expires"),
        help_text=_("Keeps it valid until it is revoked. The number of days then has no meaning."),
    )

    class Meta:
        model = ApiToken
        fields = ["name"]

    def clean(self) -> dict[str, Any]:
        """Set ``days``: a year unless the form says otherwise, None if the token never expires."""
        values = super().clean() or {}
        days = values.get("days") or DEFAULT_TOKEN_DAYS
        return values | {"days": None if values.get("never_expires") else days}

    def clean_name(self) -> str:
        """Return the name; refuse it if a token that is not revoked has it."""
        name: str = self.cleaned_data["name"]
        if is_name_taken(name):
            raise forms.ValidationError(
                gettext("A token with this name already exists. Revoke it first.")
            )
        return name


class RevokingForm(forms.ModelForm):
    """The form that revokes a token."""

    revoke = forms.BooleanField(
        required=False,
        label=_("Revoke"),
        help_text=_("The program's calls are refused from now on. This cannot be undone."),
    )

    class Meta:
        model = ApiToken
        fields: list[str] = []


@admin.register(ApiToken)
class TokenAdmin(admin.ModelAdmin):
    """API tokens. Permissions decide who may manage them; a token's secret is shown only once."""

    actions = None
    list_display = ["name", "start", "allowed_scopes", "expires_at", "last_used_at", "revoked_at"]
    search_fields = ["name", "start"]
    existing_fields = [
        *(
            "name",
            "start",
            "allowed_scopes",
            "created_at",
            "created_by",
            "expires_at",
            "last_used_at",
        ),
        *("revoked_at", "revoked_by"),
    ]

    def get_form(
        self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form for a new token, or the one that revokes."""
        kwargs["form"] = RevokingForm if obj else NewTokenForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Return the fields of that form."""
        if obj is None:
            return ["name", "scopes", "days", "never_expires"]
        return self.existing_fields if obj.revoked_at else [*self.existing_fields, "revoke"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Make an existing token read-only."""
        return self.existing_fields if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Refuse: timelines name the token."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Create or revoke the token."""
        person = cast("User", request.user)
        if not change:
            obj.scopes = form.cleaned_data["scopes"]
            obj.secret = issue(obj, by=person, days=form.cleaned_data["days"])
        elif form.cleaned_data.get("revoke"):
            revoke(obj, by=person)

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the secret in this response: a message would store it in a cookie or session."""
        context = self.admin_site.each_context(request) | {"token": obj, "title": f"{obj.name}"}
        return render(request, "people/token_created.html", context)

    @admin.display(description=_("Allowed to"))
    def allowed_scopes(self, obj: ApiToken) -> str:
        """Return the scopes."""
        return ", ".join(obj.scopes)
