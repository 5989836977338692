from django.urls import path
from django.views.generic import RedirectView

from returns.views import detail, lists

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="return-list"), name="home"),
    path("returns/", lists.returns, name="return-list"),
    # Last: a reference may hold any character, slashes too.
    path("returns/<path:reference>/", detail.return_detail, name="return-detail"),
]
