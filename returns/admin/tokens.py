"""Tokens of the API in the admin: made, shown once, revoked, never deleted."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from returns.models import ApiToken, Scope
from returns.people.tokens import MOST_DAYS, is_name_taken, issue, revoke


class NewTokenForm(forms.ModelForm):
    """A token that is to be made."""

    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, widget=forms.CheckboxSelectMultiple, label="May"
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        label="Good for days",
        help_text="Left empty: until it is revoked.",
    )

    class Meta:
        model = ApiToken
        fields = ["name"]

    def clean_name(self) -> str:
        """Return the name, unless a token that is not revoked has it."""
        name: str = self.cleaned_data["name"]
        if is_name_taken(name):
            raise forms.ValidationError("A token of this name exists. Revoke it first.")
        return name


class RevokingForm(forms.ModelForm):
    """A token that may be revoked."""

    revoke = forms.BooleanField(
        required=False,
        label="Revoke",
        help_text="Its program is refused from the next call on. This cannot be undone.",
    )

    class Meta:
        model = ApiToken
        fields: list[str] = []


@admin.register(ApiToken)
class TokenAdmin(admin.ModelAdmin):
    """Who may manage tokens is told by their permissions; nobody sees a token a second time."""

    actions = None
    list_display = ["name", "start", "may", "expires_at", "last_used_at", "revoked_at"]
    search_fields = ["name", "start"]
    known = [
        *("name", "start", "may", "created_at", "created_by", "expires_at", "last_used_at"),
        *("revoked_at", "revoked_by"),
    ]

    def get_form(
        self, request: HttpRequest, obj: ApiToken | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form of a new token, or the one that revokes."""
        kwargs["form"] = RevokingForm if obj else NewTokenForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Return what is shown."""
        if obj is None:
            return ["name", "scopes", "days"]
        return self.known if obj.revoked_at else [*self.known, "revoke"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        """Let nothing of a token change once it is made."""
        return self.known if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Refuse: timelines name the token."""
        return False

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Make the token, or revoke it."""
        person = cast("User", request.user)
        if not change:
            obj.scopes = form.cleaned_data["scopes"]
            obj.secret = issue(obj, by=person, days=form.cleaned_data["days"])
        elif form.cleaned_data.get("revoke"):
            revoke(obj, by=person)

    def response_add(
        self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the token in this very answer: a message would keep it in a cookie or session."""
        context = self.admin_site.each_context(request) | {"token": obj, "title": f"{obj.name}"}
        return render(request, "people/token_created.html", context)

    @admin.display(description="May")
    def may(self, obj: ApiToken) -> str:
        """Name the scopes."""
        return ", ".join(obj.scopes)
