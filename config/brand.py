"""The name of the desk, and its logo, if a setting names one."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.environment import LOGO_TYPES

DEFAULT_NAME = gettext_noop("Returns desk")


def desk_name() -> str:
    """Return the name of the desk; in the language of the page as long as nobody names it."""
    name = str(settings.DESK_NAME)
    return _(name) if name == DEFAULT_NAME else name


@login_not_required
@require_safe
@cache_control(max_age=3600, public=True)
def logo(_request: HttpRequest) -> HttpResponse:
    """Answer with the image file of the logo; the log-in page shows it as well."""
    path = settings.DESK_LOGO
    if path is None:
        raise Http404(_("This desk has no logo of its own."))
    return HttpResponse(path.read_bytes(), content_type=LOGO_TYPES[path.suffix.lower()])
