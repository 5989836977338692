"""Notices of what was just done, each with a button that undoes it."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Toast:
    """A notice. A POST to ``undo``, if it is not empty, takes back what was done.

    ``target`` is the selector of the element that the answer to that shows, and ``place`` where
    the element stands; both are empty if it is another page.
    """

    text: str
    undo: str = ""
    target: str = ""
    place: str = ""


def add_toast(request: HttpRequest, text: str, undo: str) -> None:
    """Show a notice with the button "Undo" on the next page; see ``components/toast.html``."""
    messages.success(request, text, extra_tags=undo)
