"""The paths under /openapi/v1."""

from django.urls import path

from returns.api.docs import api_docs, openapi_document
from returns.api.endpoints import api

urlpatterns = [
    path("docs", api_docs, name="api-docs"),
    path("openapi.json", openapi_document, name="api-document"),
    path("", api.urls),
]
