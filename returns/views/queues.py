"""The warehouse's queues."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.htmx import render_page_or_fragment, wants_fragment
from returns.filters.claimed import query_of
from returns.filters.form import NON_FILTER_PARAMETERS
from returns.filters.known_values import offered_values
from returns.filters.query import Query
from returns.filters.queues import Queue
from returns.lists.forms import SaveViewForm
from returns.lists.groups import group_queue
from returns.lists.page import return_list
from returns.live import polling
from returns.people.person import DeskRequest
from returns.queues.cards import queue_cards, queue_columns
from returns.queues.handover import build_handover
from returns.queues.own import own_queue_cards
from returns.queues.problems import count_problems
from tags.vocabulary import load_vocabulary


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def queue(request: DeskRequest) -> HttpResponse:
    """Show the queues, and the returns of one of them. The filters of the list apply."""
    path = reverse("queue")
    query = query_of(request)
    if not query.without(*NON_FILTER_PARAMETERS):
        to_inspect = Query.from_lists({"queue": [Queue.TO_INSPECT.value]}).replace(
            **dict(query.lists())
        )
        return redirect(to_inspect.path(path), max_length=None)
    page = polling.open_page(path, query)
    vocabulary = load_vocabulary(page.vocabulary_mark)
    matches = return_list(query, queue_columns(query), path, vocabulary=vocabulary)
    own_cards = own_queue_cards(request.user, matches.query, vocabulary)
    context: dict[str, Any] = {
        "list": matches,
        "live": page.showing(matches),
        "cards": [*queue_cards(matches.query), *own_cards],
        "groups": group_queue(matches.query, path, vocabulary),
        "save_form": SaveViewForm(request.user, is_queue=True),
    }
    if not wants_fragment(request):
        context["known_values"] = offered_values()
    return render_page_or_fragment(
        request, "queues/page.html", "answer", context, address=matches.address
    )


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def problems(request: DeskRequest) -> HttpResponse:
    """Show the problems of the stored records, and how to fix them."""
    return render(request, "queues/problems.html", {"kinds": count_problems(timezone.now())})


@require_safe
@permission_required("returns.view_return", raise_exception=True)
def hand_over(request: DeskRequest) -> HttpResponse:
    """Show a filtered queue as a list to print."""
    sheet = build_handover(query_of(request), timezone.now())
    context = {"sheet": sheet, "warehouse_zone": settings.TIME_ZONE}
    return render(request, "queues/handover.html", context)
