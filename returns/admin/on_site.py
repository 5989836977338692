"""From the admin to the page of an object."""

from django.contrib.contenttypes.models import ContentType
from django.contrib.contenttypes.views import shortcut
from django.http import Http404, HttpRequest, HttpResponseBase


def view_on_site(request: HttpRequest, content_type_id: str, object_id: str) -> HttpResponseBase:
    """Redirect to the page of an object, as Django's view does, but not to one without a table.

    Django would ask the database for it: a model such as ``pghistory.Events`` is a query.
    """
    try:
        model = ContentType.objects.get(pk=content_type_id).model_class()
    except (ContentType.DoesNotExist, ValueError) as error:
        raise Http404 from error
    table_of = model._meta.concrete_model if model else None  # of a proxy, what it stands for
    if table_of is None or not table_of._meta.managed:
        raise Http404
    return shortcut(request, content_type_id, object_id)
