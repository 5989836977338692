from django.urls import path
from django.views.generic import RedirectView

from returns.views import detail, lists, tagging

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="return-list"), name="home"),
    path("return/<int:pk>/tags/", tagging.return_tags, name="return-tags"),
    path("find/", lists.find, name="return-find"),
    path("returns/", lists.returns, name="return-list"),
    # Last: a reference may hold any character, slashes too.
    path("returns/<path:reference>/", detail.return_detail, name="return-detail"),
]
