from django.urls import path

from returns.views import (
    bulk,
    comments,
    detail,
    lists,
    queue,
    rules,
    saved_views,
    sentences,
    tagging,
)

urlpatterns = [
    path("", saved_views.home, name="home"),
    path("views/", saved_views.views, name="saved-views"),
    path("views/counts/", saved_views.counts, name="saved-view-counts"),
    path("views/<int:pk>/", saved_views.view, name="saved-view"),
    path("views/shared/<str:token>/", saved_views.shared, name="shared-view"),
    path("views/shared/<str:token>/keep/", saved_views.keep_shared, name="keep-shared-view"),
    path("sentences/", sentences.show, name="sentences"),
    path("sentences/language/", sentences.prefer, name="prefer-language"),
    path("sentences/<str:state>/<str:language>/", sentences.change, name="change-sentence"),
    path("return/<int:pk>/card/", detail.return_card, name="return-card"),
    path("return/<int:pk>/tags/", tagging.return_tags, name="return-tags"),
    path("return/<int:pk>/timeline/", comments.return_timeline, name="return-timeline"),
    path("return/<int:pk>/comments/", comments.return_comments, name="return-comments"),
    path("comment/<int:pk>/", comments.return_comment, name="return-comment"),
    path("bulk/", bulk.new, name="new-bulk-tagging"),
    path("bulk/<int:pk>/", bulk.show, name="bulk-tagging"),
    path("rules/", rules.show, name="rules"),
    path("rules/new/", rules.new, name="new-rule"),
    path("rules/<int:pk>/", rules.rule, name="rule"),
    path("queue/", queue.queue, name="queue"),
    path("queue/problems/", queue.problems, name="queue-problems"),
    path("queue/handover/", queue.hand_over, name="queue-handover"),
    path("find/", lists.find, name="return-find"),
    path("returns/", lists.returns, name="return-list"),
    path("returns/facets/", lists.facets, name="return-facets"),
    # Last: a reference may hold any character, slashes too.
    path("returns/<path:reference>/", detail.return_detail, name="return-detail"),
]
