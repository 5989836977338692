"""Compile the translations of pages and scripts."""

from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.core.management.commands import compilemessages
from django.http import HttpResponse
from django.test import RequestFactory
from django.utils import translation
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JavaScriptCatalog


class Command(compilemessages.Command):
    """Django's command, which also writes the words of scripts as static files."""

    help = "Compiles the translations in config/locale, and writes static/js/words."

    def handle(self, **options: Any) -> None:
        """Compile the translations, then write those of scripts."""
        options["ignore_patterns"] = [*options["ignore_patterns"], ".venv"]
        super().handle(**options)
        for code, _ in settings.LANGUAGES:
            words_path(code).write_text(words_of_scripts(code))


def words_path(language: str) -> Path:
    """Return where the words of scripts in a language are written."""
    return Path(settings.BASE_DIR) / "static" / "js" / "words" / f"{language}.js"


def words_of_scripts(language: str) -> str:
    """Return a script that defines Django's functions for texts, with those of a language."""
    with translation.override(language):
        response = cast("HttpResponse", _OwnCatalog.as_view()(RequestFactory().get("/")))
        text = response.content.decode()
    lines = (line.rstrip() for line in text.strip().splitlines())
    return "\n".join(lines) + "\n"


class _OwnCatalog(JavaScriptCatalog):
    """Django's catalogue, of our own texts alone."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return the catalogue of the language that is active."""
        language = translation.get_language() or settings.LANGUAGE_CODE
        paths = [str(path) for path in settings.LOCALE_PATHS]
        self.translation = DjangoTranslation(language, domain=self.domain, localedirs=paths)
        return self.render_to_response(self.get_context_data(**kwargs))
