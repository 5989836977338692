"""The forms that open pages send by themselves."""

from uuid import UUID

from django import forms

# Of pages that name themselves by nothing.
NO_PAGE = UUID(int=0)


class PresenceForm(forms.Form):
    """Which page shows a return, or with ``leave`` no longer does."""

    page = forms.UUIDField(required=False)
    leave = forms.BooleanField(required=False)

    def clean_page(self) -> UUID:
        """Return the page's own id, or ``NO_PAGE``."""
        return self.cleaned_data["page"] or NO_PAGE
