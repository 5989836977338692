"""The paths under /openapi/v1."""

from django.urls import path

from returns.api.docs import docs, document
from returns.api.endpoints import api

urlpatterns = [
    path("docs", docs, name="api-docs"),
    path("openapi.json", document, name="api-document"),
    path("", api.urls),
]
