"""The logo of the desk, if a setting names one."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from config.environment import LOGO_TYPES


@login_not_required
@require_safe
@cache_control(max_age=3600, public=True)
def logo(_request: HttpRequest) -> HttpResponse:
    """Answer with the image file of the logo; the log-in page shows it as well."""
    path = settings.DESK_LOGO
    if path is None:
        raise Http404("This desk has no logo of its own.")
    return HttpResponse(path.read_bytes(), content_type=LOGO_TYPES[path.suffix.lower()])
