"""Who may open what: every URL, with every person, has its answer here."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from returns.models import FollowUp, ReturnTag
from returns.people.roles import ADMIN, CUSTOMER_SERVICE, WAREHOUSE_MANAGER
from tags.bulk import create_draft
from tags.models import TagGroup
from tests.factories import make_comment, make_person, make_return, make_tag

pytestmark = pytest.mark.django_db

PEOPLE = ("anonymous", "stranger", "agent", "manager", "admin")
ROLES = {"agent": CUSTOMER_SERVICE, "manager": WAREHOUSE_MANAGER, "admin": ADMIN}

# The answer to a GET, for each of PEOPLE. 302 leads an anonymous person to the login page.
PAGES = {
    "healthz": (200, 200, 200, 200, 200),
    # There is none unless a setting names one.
    "logo": (404, 404, 404, 404, 404),
    "readyz": (200, 200, 200, 200, 200),
    # There are none without METRICS_TOKEN.
    "metrics": (404, 404, 404, 404, 404),
    "login": (200, 302, 302, 302, 302),
    "second-factor": (302, 302, 302, 302, 302),
    "passkey-login": (405, 405, 405, 405, 405),
    "provider-begin": (405, 405, 405, 405, 405),
    # There is no provider, and no mail, unless settings name them.
    "provider-callback": (404, 404, 404, 404, 404),
    "password_reset": (404, 404, 404, 404, 404),
    "password_reset_done": (404, 404, 404, 404, 404),
    "password_reset_complete": (404, 404, 404, 404, 404),
    "password_reset_confirm": (404, 404, 404, 404, 404),
    "security": (302, 200, 200, 200, 200),
    "confirm-identity": (302, 200, 200, 200, 200),
    # To the page that asks who it is.
    "security-app": (302, 302, 302, 302, 302),
    "new-passkey": (302, 302, 302, 302, 302),
    "passkey": (302, 302, 302, 302, 302),
    "recovery-codes": (302, 302, 302, 302, 302),
    "end-sessions": (302, 405, 405, 405, 405),
    "logout": (302, 405, 405, 405, 405),
    "password_change": (302, 200, 200, 200, 200),
    "password_change_done": (302, 200, 200, 200, 200),
    "preferences": (302, 200, 200, 200, 200),
    "columns": (302, 200, 200, 200, 200),
    "choose-language": (405, 405, 405, 405, 405),
    "home": (302, 302, 302, 302, 302),
    "return-list": (302, 403, 200, 200, 200),
    "saved-views": (302, 403, 200, 200, 200),
    "saved-view-counts": (302, 403, 200, 200, 200),
    "saved-view": (302, 403, 404, 404, 404),
    "shared-view": (302, 403, 404, 404, 404),
    "keep-shared-view": (302, 405, 405, 405, 405),
    "new-bulk-tagging": (302, 403, 200, 200, 200),
    # Of the agent.
    "bulk-tagging": (302, 403, 200, 404, 404),
    "claims": (302, 403, 405, 405, 405),
    "claim-many": (302, 403, 405, 405, 405),
    "macros": (302, 403, 200, 200, 200),
    "new-macro": (302, 403, 403, 200, 200),
    "macro": (302, 403, 403, 404, 404),
    "run-macro": (302, 403, 200, 200, 200),
    "undo-macro": (302, 403, 405, 405, 405),
    "new-follow-up": (302, 403, 200, 200, 200),
    # Of the agent.
    "follow-up": (302, 403, 200, 404, 404),
    # Nothing is new.
    "bell": (302, 403, 304, 304, 304),
    "notices": (302, 403, 200, 200, 200),
    "notice": (302, 403, 405, 405, 405),
    "mine": (302, 403, 200, 200, 200),
    "rules": (302, 403, 200, 200, 200),
    "new-rule": (302, 403, 403, 200, 200),
    "new-rule-filter": (302, 403, 403, 200, 200),
    "rule-filter": (302, 403, 403, 404, 404),
    "rule": (302, 403, 404, 404, 404),
    "deadlines": (302, 403, 200, 200, 200),
    "new-deadline": (302, 403, 403, 200, 200),
    "new-deadline-filter": (302, 403, 403, 200, 200),
    "deadline-filter": (302, 403, 403, 404, 404),
    "working-calendar": (302, 403, 403, 200, 200),
    "deadline": (302, 403, 404, 404, 404),
    "outgoing": (302, 403, 200, 200, 200),
    "new-subscription": (302, 403, 200, 200, 200),
    "new-report-subscription": (302, 403, 200, 200, 200),
    # Nobody made this link.
    "unsubscribe": (404, 404, 404, 404, 404),
    "event-types": (302, 403, 403, 200, 200),
    "subscription": (302, 403, 404, 404, 404),
    "subscription-filter": (302, 403, 404, 404, 404),
    "retention": (302, 403, 403, 403, 200),
    "status": (302, 403, 403, 403, 200),
    "reports": (302, 403, 200, 200, 200),
    "report": (302, 403, 200, 200, 200),
    "report-file": (302, 403, 200, 200, 200),
    "feed": (302, 403, 200, 200, 200),
    "feed-run": (302, 403, 404, 404, 404),
    "undo-run": (302, 403, 403, 404, 404),
    "new-upload": (302, 403, 403, 200, 200),
    "upload": (302, 403, 403, 404, 404),
    "upload-columns": (302, 403, 403, 404, 404),
    "mappings": (302, 403, 403, 200, 200),
    "mapping": (302, 403, 403, 404, 404),
    "feed-rejected": (302, 403, 200, 200, 200),
    "feed-rejected-file": (302, 403, 403, 200, 200),
    # To the queue of what waits.
    "queue": (302, 403, 302, 302, 302),
    "queue-problems": (302, 403, 200, 200, 200),
    "queue-handover": (302, 403, 200, 200, 200),
    "queue-live": (302, 403, 200, 200, 200),
    "return-live": (302, 403, 200, 200, 200),
    "recent": (302, 403, 200, 200, 200),
    "scan": (302, 403, 200, 200, 200),
    "new-scan-session": (302, 405, 405, 405, 405),
    "choose-scanned-return": (302, 405, 405, 405, 405),
    "dismiss-scan": (302, 405, 405, 405, 405),
    "exports": (302, 403, 200, 200, 200),
    "export": (302, 403, 404, 404, 404),
    "return-export": (302, 403, 200, 200, 200),
    "return-csv": (302, 403, 200, 200, 200),
    "return-xlsx": (302, 403, 200, 200, 200),
    "return-facets": (302, 403, 200, 200, 200),
    "return-find": (302, 403, 302, 302, 302),
    "find-shopper": (302, 403, 302, 302, 302),
    "return-detail": (302, 403, 200, 200, 200),
    "order": (302, 403, 200, 200, 200),
    "return-changes": (302, 403, 200, 200, 200),
    "return-presence": (302, 403, 405, 405, 405),
    "return-opened": (302, 403, 405, 405, 405),
    "return-card": (302, 403, 302, 302, 302),
    "return-tags": (302, 403, 200, 200, 200),
    "sentences": (302, 403, 200, 200, 200),
    "tags": (302, 403, 200, 200, 200),
    "tag-usage": (302, 403, 200, 200, 200),
    "tag-history": (302, 403, 200, 200, 200),
    "change-tag": (302, 403, 200, 200, 200),
    "change-group": (302, 403, 200, 200, 200),
    "new-tag": (302, 403, 403, 200, 200),
    "new-group": (302, 403, 403, 200, 200),
    "merge-tags": (302, 403, 403, 200, 200),
    "move-tag": (302, 405, 405, 405, 405),
    "change-sentence": (302, 405, 405, 405, 405),
    "prefer-language": (302, 405, 405, 405, 405),
    "delete-return": (302, 403, 403, 403, 200),
    "redact-return": (302, 403, 403, 403, 200),
    # Nobody is known by this token.
    "redact-shopper": (302, 403, 403, 403, 404),
    "shopper-file": (302, 405, 405, 405, 405),
    "return-timeline": (302, 403, 200, 200, 200),
    "return-comments": (302, 403, 405, 405, 405),
    # A comment of the agent's.
    "activity": (302, 403, 200, 200, 200),
    "trail": (302, 403, 403, 403, 200),
    "trail-file": (302, 403, 403, 403, 200),
    "return-comment": (302, 403, 200, 403, 403),
    "show-comment": (302, 403, 302, 302, 302),
    "mentionable": (302, 403, 200, 200, 200),
    "restore-comment": (302, 403, 405, 405, 405),
    "undo-tags": (302, 403, 405, 405, 405),
    "restore-entry": (302, 405, 405, 405, 405),
    # The API asks for a token, whoever is signed in; what says how to call it holds no data.
    "api-docs": (200, 200, 200, 200, 200),
    "api-document": (200, 200, 200, 200, 200),
    "api:api-root": (401, 401, 401, 401, 401),
    "api:returns": (401, 401, 401, 401, 401),
    "api:returns-with-tag": (401, 401, 401, 401, 401),
    "api:returns-with-line-items": (401, 401, 401, 401, 401),
    "api:return": (401, 401, 401, 401, 401),
    "api:update-return-tag": (401, 401, 401, 401, 401),
    "api:return-tags": (401, 401, 401, 401, 401),
    "api:many-return-tags": (401, 401, 401, 401, 401),
    "api:tags": (401, 401, 401, 401, 401),
    "api:feed": (401, 401, 401, 401, 401),
    "api:feed-orders": (401, 401, 401, 401, 401),
    "api:orders": (401, 401, 401, 401, 401),
    "api:order": (401, 401, 401, 401, 401),
    # Whoever is signed in and no admin is led to the admin's door, and refused there.
    "/admin/login/": (302, 403, 403, 403, 302),
    "/admin/logout/": (302, 405, 405, 405, 405),
    "/admin/password_change/": (302, 302, 302, 302, 302),
    "/admin/r/<path:content_type_id>/<path:object_id>/": (302, 302, 302, 302, 404),
    "admin:index": (302, 302, 302, 302, 200),
    "admin:returns_return_changelist": (302, 302, 302, 302, 200),
    "admin:returns_return_add": (302, 302, 302, 302, 403),
    "admin:returns_return_change": (302, 302, 302, 302, 200),
    "admin:returns_return_delete": (302, 302, 302, 302, 403),
    # To the timeline.
    "admin:returns_return_history": (302, 302, 302, 302, 302),
    "admin:tags_tag_changelist": (302, 302, 302, 302, 200),
    "admin:tags_tag_add": (302, 302, 302, 302, 200),
    "admin:tags_taggroup_changelist": (302, 302, 302, 302, 200),
    "admin:tags_taggroup_add": (302, 302, 302, 302, 200),
    "admin:returns_deletedreturn_changelist": (302, 302, 302, 302, 200),
    "admin:returns_deletedreturn_add": (302, 302, 302, 302, 403),
    "admin:returns_redaction_changelist": (302, 302, 302, 302, 200),
    "admin:returns_redaction_add": (302, 302, 302, 302, 403),
    "admin:returns_apitoken_changelist": (302, 302, 302, 302, 200),
    "admin:returns_apitoken_add": (302, 302, 302, 302, 200),
    "admin:returns_carrier_changelist": (302, 302, 302, 302, 200),
    "admin:returns_carrier_add": (302, 302, 302, 302, 200),
    "admin:auth_user_changelist": (302, 302, 302, 302, 200),
    "admin:auth_user_add": (302, 302, 302, 302, 200),
    "admin:auth_group_changelist": (302, 302, 302, 302, 200),
    "admin:auth_group_add": (302, 302, 302, 302, 403),
    "admin:returns_accessevent_changelist": (302, 302, 302, 302, 200),
    "admin:returns_accessevent_add": (302, 302, 302, 302, 403),
    "admin:returns_tokenuse_changelist": (302, 302, 302, 302, 200),
    "admin:returns_tokenuse_add": (302, 302, 302, 302, 403),
    "admin:mfa_authenticator_changelist": (302, 302, 302, 302, 200),
    "admin:mfa_authenticator_add": (302, 302, 302, 302, 403),
    "admin:axes_accessattempt_changelist": (302, 302, 302, 302, 200),
    "admin:axes_accessattempt_add": (302, 302, 302, 302, 403),
    "admin:axes_accesslog_changelist": (302, 302, 302, 302, 403),
    "admin:axes_accessfailurelog_changelist": (302, 302, 302, 302, 403),
}

# What people do: the URL, what they send, and the answer for each of PEOPLE.
ACTIONS = {
    "tag a return": ("return-tags", {"add": "books"}, (302, 403, 303, 303, 303)),
    "claim a return": ("claims", {"record": "0"}, (302, 403, 404, 404, 404)),
    "claim many returns": ("claim-many", {"ids": "0"}, (302, 403, 303, 303, 303)),
    "make a macro": ("new-macro", {}, (302, 403, 403, 422, 422)),
    "change a macro": ("macro", {}, (302, 403, 403, 404, 404)),
    "run a macro": ("run-macro", {}, (302, 403, 422, 422, 422)),
    "undo a macro": ("undo-macro", {}, (302, 403, 404, 404, 404)),
    "set a reminder": ("new-follow-up", {"when": ""}, (302, 403, 422, 422, 422)),
    "end a reminder": ("follow-up", {"done": "1"}, (302, 403, 303, 404, 404)),
    "see a notice": ("notice", {}, (302, 403, 404, 404, 404)),
    "see all notices": ("notices", {"until": "0"}, (302, 403, 302, 302, 302)),
    "undo a tag": ("undo-tags", {}, (302, 403, 303, 303, 303)),
    "restore an entry": ("restore-entry", {}, (302, 403, 404, 404, 404)),
    "restore a comment": ("restore-comment", {}, (302, 403, 403, 403, 303)),
    "create a tag": ("return-tags", {"add": "new", "group": "Process"}, (302, 403, 422, 303, 303)),
    "change a tag": ("change-tag", {"name": ""}, (302, 403, 403, 422, 422)),
    "retire a tag": ("change-tag", {"action": "retire"}, (302, 403, 403, 302, 302)),
    "change a group": ("change-group", {"name": ""}, (302, 403, 403, 422, 422)),
    "delete a group": ("change-group", {"action": "remove"}, (302, 403, 403, 302, 302)),
    "make a tag": ("new-tag", {"name": ""}, (302, 403, 403, 422, 422)),
    "make a group": ("new-group", {"name": ""}, (302, 403, 403, 422, 422)),
    "merge tags": ("merge-tags", {"tag": "0"}, (302, 403, 403, 422, 422)),
    "move a tag": ("move-tag", {"up": "tag-0"}, (302, 403, 403, 404, 404)),
    "undo": ("tag-history", {"undo": "0"}, (302, 403, 403, 302, 302)),
    "upload a file": ("new-upload", {}, (302, 403, 403, 422, 422)),
    "import a file": ("upload", {}, (302, 403, 403, 404, 404)),
    "match columns": ("upload-columns", {}, (302, 403, 403, 404, 404)),
    "change a mapping": ("mapping", {}, (302, 403, 403, 404, 404)),
    "undo an import": ("undo-run", {}, (302, 403, 403, 404, 404)),
    "delete a return": ("delete-return", {"reason": ""}, (302, 403, 403, 403, 422)),
    "redact a return": ("redact-return", {"reason": ""}, (302, 403, 403, 403, 422)),
    "redact a shopper": ("redact-shopper", {"reason": ""}, (302, 403, 403, 403, 404)),
    "download a shopper": ("shopper-file", {}, (302, 403, 403, 403, 404)),
    "try a record again": ("feed-rejected", {"retry": "0"}, (302, 403, 403, 302, 302)),
    "change a sentence": ("change-sentence", {"text": "Hello"}, (302, 403, 403, 302, 422)),
    "look at a return": ("return-presence", {}, (302, 403, 204, 204, 204)),
    "preview a return": ("return-opened", {}, (302, 403, 204, 204, 204)),
    "choose a language": ("prefer-language", {"language": "de"}, (302, 403, 302, 302, 302)),
    "keep a view": ("saved-views", {"name": "x", "query": "q=1"}, (302, 403, 302, 302, 302)),
    "keep what is shared": ("keep-shared-view", {}, (302, 403, 404, 404, 404)),
    "choose tags for many": ("new-bulk-tagging", {}, (302, 403, 422, 422, 422)),
    "tag many": ("bulk-tagging", {"action": "start"}, (302, 403, 302, 404, 404)),
    "make a rule": ("new-rule", {}, (302, 403, 403, 422, 422)),
    "change a rule": ("rule", {}, (302, 403, 404, 404, 404)),
    "change a rule's filter": ("rule-filter", {}, (302, 403, 403, 404, 404)),
    "change a deadline's filter": ("deadline-filter", {}, (302, 403, 403, 404, 404)),
    "make a notification": ("new-subscription", {}, (302, 403, 422, 422, 422)),
    "make a webhook": (
        "new-subscription",
        {
            "name": "Shop",
            "occasion": "event",
            "types": "return.created",
            "channel": "webhook",
            "address": "https://shop.example/",
        },
        (302, 403, 422, 200, 200),
    ),
    "notify a chat": (
        "new-subscription",
        {
            "name": "Team",
            "occasion": "match",
            "channel": "chat",
            "address": "https://chat.example/",
        },
        (302, 403, 422, 302, 302),
    ),
    "be notified": (
        "new-subscription",
        {"name": "Mine", "occasion": "match", "channel": "bell"},
        (302, 403, 302, 302, 302),
    ),
    "get a report": ("new-report-subscription", {}, (302, 403, 422, 422, 422)),
    "end e-mails": ("unsubscribe", {}, (404, 404, 404, 404, 404)),
    "change a notification": ("subscription", {}, (302, 403, 404, 404, 404)),
    "change a notification's filter": ("subscription-filter", {}, (302, 403, 404, 404, 404)),
    "make a deadline": ("new-deadline", {}, (302, 403, 403, 422, 422)),
    "change a deadline": ("deadline", {}, (302, 403, 404, 404, 404)),
    "change the calendar": ("working-calendar", {}, (302, 403, 403, 422, 422)),
    "scan": ("scan", {"text": "1"}, (302, 403, 302, 302, 302)),
    "scan nothing": ("scan", {"text": ""}, (302, 403, 422, 422, 422)),
    "start a session": ("new-scan-session", {}, (302, 403, 302, 302, 302)),
    "choose a scanned return": (
        "choose-scanned-return",
        {"record": "1"},
        (302, 403, 404, 404, 404),
    ),
    "dismiss a number": ("dismiss-scan", {}, (302, 403, 404, 404, 404)),
    "make a workbook": ("exports", {}, (302, 403, 302, 302, 302)),
    "delete a workbook": ("export", {}, (302, 403, 404, 404, 404)),
    "comment": ("return-comments", {"text": "Called"}, (302, 403, 303, 303, 303)),
    "edit a comment": ("return-comment", {"text": ""}, (302, 403, 422, 403, 403)),
    "delete a comment": ("return-comment", {"delete": "1"}, (302, 403, 303, 403, 303)),
    "make a token": ("admin:returns_apitoken_add", {"name": ""}, (302, 302, 302, 302, 200)),
    "tag by the API": ("api:update-return-tag", {}, (401, 401, 401, 401, 401)),
    "change tags by the API": ("api:return-tags", {}, (401, 401, 401, 401, 401)),
    "change many tags by the API": ("api:many-return-tags", {}, (401, 401, 401, 401, 401)),
    "choose the desk's language": (
        "choose-language",
        {"language": "de"},
        (303, 303, 303, 303, 303),
    ),
    "choose an unknown language": (
        "choose-language",
        {"language": "xx"},
        (400, 400, 400, 400, 400),
    ),
    "enter a code": ("second-factor", {"code": "1"}, (302, 302, 302, 302, 302)),
    "ask for a passkey": ("passkey-login", {}, (200, 302, 302, 302, 302)),
    "go to the provider": ("provider-begin", {}, (404, 404, 404, 404, 404)),
    "reset a password": ("password_reset", {"who": "x"}, (404, 404, 404, 404, 404)),
    "confirm": ("confirm-identity", {"password": "x"}, (302, 422, 422, 422, 422)),
    "set up an app": ("security-app", {"code": "1"}, (302, 302, 302, 302, 302)),
    "make a passkey": ("new-passkey", {}, (302, 302, 302, 302, 302)),
    "end sessions": ("end-sessions", {}, (302, 302, 302, 302, 302)),
    "sign out": ("logout", {}, (302, 302, 302, 302, 302)),
    "choose": ("preferences", {"density": "compact"}, (302, 302, 302, 302, 302)),
    "choose columns": ("columns", {"density": "compact"}, (302, 303, 303, 303, 303)),
    "correct": ("admin:returns_return_change", {"notes": "x"}, (302, 302, 302, 302, 200)),
}


def _urls(patterns: list, namespace: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = pattern.namespace or namespace
            yield from _urls(pattern.url_patterns, inner)
        elif isinstance(pattern, URLPattern):
            name = pattern.name or f"/{pattern.pattern}"
            yield f"{namespace}:{name}" if namespace else name


@pytest.fixture(scope="module")
def signed_in(django_db_setup, django_db_blocker) -> Iterator[dict[str, Client]]:
    """Make the people once for all tests here, each of which is undone inside a transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        clients = {name: Client() for name in PEOPLE}
        for name in PEOPLE[1:]:
            person = make_person(name, ROLES.get(name), is_staff=name == "admin")
            clients[name].force_login(person, backend="returns.people.RoleBackend")
        yield clients
        transaction.set_rollback(True)


@pytest.fixture
def open_as(signed_in, db) -> dict[str, Client]:
    """Return a client for each person, with the cookies of one that signed in."""
    clients = {name: Client() for name in PEOPLE}
    for name, client in clients.items():
        client.cookies.update(signed_in[name].cookies)
    return clients


@pytest.fixture
def address(open_as):
    """Tell the address of a name, with an existing return where one is needed."""
    agent = User.objects.get(username="agent")
    record = make_return()
    comment = make_comment(record, agent)
    follow_up = FollowUp.objects.create(record=record, person=agent, moment="completed")
    arguments = {
        "return-detail": [record.return_reference_number],
        "order": [record.sales_order_reference_number],
        "api:return": [record.return_reference_number],
        "api:order": ["RSO1"],
        "return-card": [record.pk],
        "return-changes": [record.pk],
        "return-presence": [record.pk],
        "return-opened": [record.pk],
        "return-tags": [record.pk],
        "follow-up": [follow_up.pk],
        "notice": [0],
        "show-comment": [comment.pk],
        "undo-tags": [record.pk, 0],
        "password_reset_confirm": ["MQ", "no-such-token"],
        "passkey": [0],
        "restore-entry": [0],
        "restore-comment": [comment.pk],
        "change-sentence": ["ArrivedToWarehouse", "en"],
        "change-tag": [make_tag("books").pk],
        "change-group": [make_tag("books").group_id],
        "bulk-tagging": [create_draft(ReturnTag, [record.pk], [make_tag("books")], [], agent).pk],
        "saved-view": [0],
        "macro": [0],
        "undo-macro": [0],
        "rule": [0],
        "rule-filter": [0],
        "subscription": [0],
        "new-report-subscription": ["flow"],
        "unsubscribe": ["no-such-token"],
        "subscription-filter": [0],
        "deadline-filter": [0],
        "deadline": [0],
        "feed-run": [0],
        "undo-run": [0],
        "delete-return": [record.pk],
        "upload": [0],
        "upload-columns": [0],
        "mapping": [0],
        "export": [0],
        "choose-scanned-return": [0],
        "dismiss-scan": [0],
        "report": ["speed"],
        "report-file": ["flow", "flow", "csv"],
        "shared-view": ["no-such-token"],
        "keep-shared-view": ["no-such-token"],
        "redact-return": [record.pk],
        "redact-shopper": ["unknown"],
        "shopper-file": ["unknown"],
        "return-timeline": [record.pk],
        "return-comments": [record.pk],
        "return-comment": [comment.pk],
        "admin:returns_return_change": [record.pk],
        "admin:returns_return_delete": [record.pk],
        "admin:returns_return_history": [record.pk],
    }

    def tell(name: str) -> str:
        if name == "new-follow-up":
            return reverse(name, query={"record": record.pk})
        return name if name.startswith("/") else reverse(name, args=arguments.get(name))

    return tell


def test_every_url_has_its_row():
    names = set(_urls(get_resolver().url_patterns))
    ours = {name for name in names if not name.startswith("admin:")}
    lists = {name for name in names if name.endswith("_changelist")}
    assert (ours | lists) - PAGES.keys() == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_for_whom_it_should(open_as, address, name):
    path = address(name)
    answers = tuple(open_as[person].get(path).status_code for person in PEOPLE)
    assert answers == PAGES[name]


@pytest.mark.parametrize("action", ACTIONS)
def test_action_is_open_to_whom_it_should_be(open_as, address, action):
    name, sent, expected = ACTIONS[action]
    path = address(name)
    if "group" in sent:
        sent = sent | {"group": TagGroup.objects.get(name=sent["group"]).pk}
    answers = tuple(open_as[person].post(path, sent).status_code for person in PEOPLE)
    assert answers == expected


def test_refused_action_writes_nothing(open_as, address):
    for person in ("anonymous", "stranger"):
        open_as[person].post(address("return-tags"), {"add": "books"})
    assert not ReturnTag.objects.exists()


@pytest.mark.parametrize("name", [name for name in PAGES if PAGES[name][0] == 302])
def test_anonymous_person_is_led_to_the_login_page(open_as, address, name):
    path = address(name)
    answer = open_as["anonymous"].get(path, follow=True)
    # Nobody returns to the page that asks for a code.
    expected = "/accounts/login/" if name == "second-factor" else "/accounts/login/?next="
    assert answer.redirect_chain[-1][0].startswith(expected)


def test_form_of_another_site_is_refused(open_as, address):
    client = Client(enforce_csrf_checks=True)
    client.cookies.update(open_as["agent"].cookies)
    assert client.post(address("return-tags"), {"add": "books"}).status_code == 403
