from django.urls import path

from tags import views

urlpatterns = [
    path("", views.tags, name="tags"),
    path("usage/", views.usage, name="tag-usage"),
    path("move/", views.move, name="move-tag"),
    path("merge/", views.merge, name="merge-tags"),
    path("history/", views.history, name="tag-history"),
    path("new/", views.new_tag, name="new-tag"),
    path("<int:pk>/", views.tag, name="change-tag"),
    path("groups/new/", views.new_group, name="new-group"),
    path("groups/<int:pk>/", views.group, name="change-group"),
]
