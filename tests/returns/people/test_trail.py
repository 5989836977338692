"""The record of access: what goes in, by whom it is read, and that it says it in words."""

import csv
import io
from datetime import timedelta

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.db import connection
from django.db.utils import ProgrammingError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from returns.models import AccessEvent, AccessKind, ApiToken, SalesOrder
from returns.models.access import SignInChange
from returns.orders.tokens import token_of_orders
from returns.people import access, roles, second_factor, tokens
from returns.trail.sentences import describe
from tests.factories import make_return, make_tag
from tests.returns.feed.orders import samples as orders

pytestmark = pytest.mark.django_db

PASSWORD_OF_ALL = "secret-parcel"


def recorded(kind: AccessKind) -> list[dict]:
    return [event.details for event in AccessEvent.objects.filter(kind=kind).order_by("pk")]


def told(kind: AccessKind) -> str:
    return describe(AccessEvent.objects.filter(kind=kind).latest("pk"))


class TestPermissions:
    """However they are changed, the database records it."""

    def test_a_new_person_and_their_role(self, manager):
        assert recorded(AccessKind.PERMISSIONS)[-2:] == [
            {
                "of": "manager",
                "new": True,
                "is_active": True,
                "is_staff": False,
                "is_superuser": False,
            },
            {"of": "manager", "roles_added": ["Warehouse manager"]},
        ]
        assert told(AccessKind.PERMISSIONS) == "manager got the role: Warehouse manager."

    def test_an_admin_in_django_admin_is_named(self, as_admin, admin, agent):
        page = as_admin.get(f"/admin/auth/user/{agent.pk}/change/")
        form = page.context["adminform"].form
        posted = {name: value for name, value in form.initial.items() if value not in (None, "")}
        posted |= {"groups": [Group.objects.get(name=roles.ADMIN).pk], "is_staff": "on"}
        posted |= {"preferences-TOTAL_FORMS": 0, "preferences-INITIAL_FORMS": 0}
        posted.pop("date_joined", None)
        posted.pop("last_login", None)
        answer = as_admin.post(f"/admin/auth/user/{agent.pk}/change/", posted)
        assert answer.status_code == 302
        events = AccessEvent.objects.filter(kind=AccessKind.PERMISSIONS, person=admin)
        assert {"of": "agent", "is_staff": True} in [event.details for event in events]
        assert {event.name for event in events} == {"admin"}

    def test_of_many_at_once_and_by_plain_sql(self, agent, manager):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE auth_user SET is_active = false")
        assert recorded(AccessKind.PERMISSIONS)[-2:] == [
            {"of": name, "is_active": False} for name in ("agent", "manager")
        ]
        assert told(AccessKind.PERMISSIONS) == "Changed manager: inactive."

    def test_signing_in_and_a_new_name_are_none(self, agent):
        before = AccessEvent.objects.count()
        User.objects.update(last_login=timezone.now(), first_name="Ada")
        assert AccessEvent.objects.count() == before

    def test_what_a_role_may_do(self, agent):
        role = Group.objects.get(name=roles.CUSTOMER_SERVICE)
        role.permissions.remove(role.permissions.get(codename="tag_return"))
        assert recorded(AccessKind.PERMISSIONS)[-1] == {
            "role": "Customer service",
            "permissions_removed": ["returns.tag_return"],
        }
        before = AccessEvent.objects.count()
        roles.set_up_roles()
        assert AccessEvent.objects.count() == before + 1
        assert told(AccessKind.PERMISSIONS) == (
            "The role Customer service got permissions: returns.tag_return."
        )


class TestSignIns:
    """Who came in, how, and who changed that."""

    def test_in_by_password_and_out(self, client, agent):
        sign_in = {"username": "agent", "password": PASSWORD_OF_ALL}
        assert client.post("/accounts/login/", sign_in, REMOTE_ADDR="10.1.1.1").status_code == 302
        client.post("/accounts/logout/")
        events = AccessEvent.objects.filter(kind__in=["signed-in", "signed-out"]).order_by("pk")
        assert [(event.kind, event.person, event.details) for event in events] == [
            (AccessKind.SIGNED_IN, agent, {"how": "password"}),
            (AccessKind.SIGNED_OUT, agent, {}),
        ]
        assert events[0].address == "10.1.1.1"

    def test_an_own_password(self, as_agent):
        new = "a-longer-parcel-9"
        form = {"old_password": PASSWORD_OF_ALL, "new_password1": new, "new_password2": new}
        as_agent.post("/accounts/password/", form)
        assert recorded(AccessKind.SIGN_IN_CHANGED) == [{"change": "password", "of": "agent"}]
        assert told(AccessKind.SIGN_IN_CHANGED) == "Sign-in of agent: password changed."

    def test_the_password_of_somebody_else(self, admin, client, agent):
        admin.is_superuser = True
        admin.save()
        client.force_login(admin, backend="returns.people.RoleBackend")
        form = {"password1": "a-longer-parcel-9", "password2": "a-longer-parcel-9"}
        path = f"/admin/auth/user/{agent.pk}/password/"
        assert client.post(path, form | {"usable_password": "true"}).status_code == 302
        event = AccessEvent.objects.get(kind=AccessKind.SIGN_IN_CHANGED)
        assert (event.person, event.details) == (admin, {"change": "password", "of": "agent"})

    def test_second_factors_however_they_change(self, agent):
        factor = second_factor.add_app(agent, "SECRET", 1)
        second_factor.remove_factor(factor)
        changes = [(each["change"], each["factor"]) for each in recorded("sign-in-changed")]
        assert changes[0] == ("factor_added", "totp")
        assert ("factor_removed", "totp") in changes
        assert {each["of"] for each in recorded("sign-in-changed")} == {"agent"}

    def test_a_name_an_address_and_a_company_account(self, agent):
        User.objects.filter(pk=agent.pk).update(email="a@example.com")
        User.objects.filter(pk=agent.pk).update(username="other")
        SocialAccount.objects.create(user=agent, provider="https://idp.example.com", uid="1")
        SocialAccount.objects.all().delete()
        assert recorded(AccessKind.SIGN_IN_CHANGED) == [
            {"of": "agent", "change": "address_changed"},
            {"of": "other", "change": "renamed"},
            {"of": "other", "change": "provider_linked"},
            {"of": "other", "change": "provider_unlinked"},
        ]

    def test_garbage_is_recorded_once_a_minute_and_names_nobody(self, client):
        cache.clear()
        for _ in range(3):
            client.post("/accounts/login/passkey/", {"credential": "garbage"})
        assert recorded(AccessKind.SIGN_IN_FAILED) == [
            {"path": "/accounts/login/passkey/", "way": "passkey", "reason": "refused"}
        ]

    def test_ended_sessions(self, as_agent, agent):
        other = Client()
        other.force_login(agent, backend="returns.people.RoleBackend")
        as_agent.post(reverse("end-sessions"))
        assert recorded(AccessKind.SIGN_IN_CHANGED) == [{"change": "sessions-ended", "of": "agent"}]
        assert other.get("/returns/").status_code == 302


def test_an_event_never_changes(agent):
    with pytest.raises(ProgrammingError, match="Cannot update rows"):
        AccessEvent.objects.update(name="somebody else")


def test_tokens(admin):
    token = ApiToken(name="Shop", scopes=["read"])
    tokens.issue(token, by=admin)
    tokens.revoke(token, by=None)
    tokens.revoke(token, by=admin)
    events = AccessEvent.objects.filter(kind=AccessKind.TOKEN_CHANGED).order_by("pk")
    assert [(event.name, event.details["change"]) for event in events] == [
        ("admin", "created"),
        ("", "revoked"),
    ]
    assert told(AccessKind.TOKEN_CHANGED) == "Token Shop (read): revoked."


def test_a_table_of_a_report_is_an_export(as_agent):
    make_return()
    assert as_agent.get("/reports/flow/flow.csv").status_code == 200
    assert recorded(AccessKind.EXPORTED)[0]["format"] == "csv, report flow: flow"


def test_bulk_tagging_and_its_undo(as_agent, vocabulary):
    make_return("R-1")
    make_return("R-2")
    answer = as_agent.post("/bulk/?state=ReturnCreated", {"add": make_tag("books").pk})
    for action in ("start", "undo"):
        as_agent.post(answer.url, {"action": action})
    query = {"rows": 2, "query": "state=ReturnCreated"}
    assert recorded(AccessKind.BULK_WORK) == [
        {"work": "tagging", **query},
        {"work": "tagging-undone", **query},
    ]
    assert told(AccessKind.BULK_WORK) == "bulk tagging undone, 2 rows: state=ReturnCreated"


class TestShoppers:
    """Who looked at what belongs to a shopper."""

    @pytest.fixture
    def order(self, db) -> SalesOrder:
        make_return("R-1", sales_order_reference_number=orders.REFERENCE)
        orders.bring(orders.an_order())
        return SalesOrder.objects.get()

    def test_a_search_is_recorded_without_what_was_typed(self, as_agent, order):
        as_agent.post("/find-shopper/", {"text": orders.CUSTOMER["email"]})
        assert recorded(AccessKind.SHOPPER_SEEN) == [{"how": "search", "of": ""}]

    def test_each_search_is_recorded_also_without_scripts(self, as_agent, order):
        for _ in range(2):
            as_agent.post("/find-shopper/", {"text": orders.CUSTOMER["email"]})
        as_agent.get("/returns/", {"q": orders.CUSTOMER["email"]})
        assert recorded(AccessKind.SHOPPER_SEEN) == [{"how": "search", "of": ""}] * 3

    def test_the_page_that_redacts_a_shopper_shows_their_returns(self, as_admin, order):
        as_admin.get(reverse("redact-shopper", args=[token_of_orders([order])]))
        assert recorded(AccessKind.SHOPPER_SEEN) == [{"how": "returns", "of": orders.REFERENCE}]

    def test_a_search_for_a_return_is_none(self, as_agent, order):
        as_agent.post("/find-shopper/", {"text": "R-1"})
        assert recorded(AccessKind.SHOPPER_SEEN) == []

    def test_the_list_is_recorded_once_in_ten_minutes(self, as_agent, order):
        path = reverse("return-list", query={"shopper": token_of_orders([order])})
        for _ in range(3):
            assert as_agent.get(path).status_code == 200
        assert recorded(AccessKind.SHOPPER_SEEN) == [{"how": "returns", "of": orders.REFERENCE}]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(access, "SAME_VIEW_INTERVAL", timedelta(0))
            as_agent.get(path)
        assert len(recorded(AccessKind.SHOPPER_SEEN)) == 2

    def test_a_made_up_shopper_names_nobody(self, as_agent):
        as_agent.get("/returns/?shopper=made:up")
        assert recorded(AccessKind.SHOPPER_SEEN) == []

    def test_a_name_is_recorded_for_who_sees_it(self, as_admin, as_agent, order, settings):
        settings.SHOPPER_NAMES = True
        SalesOrder.objects.update(shopper_name="Ada Yılmaz")
        as_agent.get("/returns/R-1/")
        assert recorded(AccessKind.SHOPPER_SEEN) == []
        assert "Ada Yılmaz" in as_admin.get("/returns/R-1/").text
        assert recorded(AccessKind.SHOPPER_SEEN) == [{"how": "name", "of": "R-1"}]


EXPORTED = "Exported 7 rows as csv, by the filter: state=Completed"


class TestPage:
    """Admins search and export."""

    @pytest.fixture(autouse=True)
    def events(self, admin, agent, rf):
        request = rf.get("/", REMOTE_ADDR="10.1.2.3")
        access.record_sign_in(request, agent, "password", "totp")
        access.record_export(admin, "10.9.9.9", "csv", "state=Completed", 7)
        access.record_sign_in_change(request, admin, SignInChange.PASSWORD, of=agent)

    def shown(self, client, query: str) -> list[str]:
        return [each.text for each in client.get(f"/trail/?{query}").context["page"].events]

    @pytest.mark.parametrize(
        ("query", "texts"),
        [
            ("kind=signed-in", ["Signed in: password, authenticator app."]),
            (
                "kind=exported&person=admin",
                ["Exported 7 rows as csv, by the filter: state=Completed"],
            ),
            ("kind=exported&person=agent", []),
            ("text=10.1.2&kind=sign-in-changed", ["Sign-in of agent: password changed."]),
            ("text=completed", [EXPORTED]),
            ("since=2999-01-01", []),
            ("until=2001-01-01", []),
            ("until=9999-12-31&kind=exported", [EXPORTED]),
            ("since=9999-12-31", []),
        ],
    )
    def test_filters(self, as_admin, query, texts):
        assert self.shown(as_admin, query) == texts

    @pytest.mark.parametrize(
        ("query", "words"),
        [
            ("kinds=exported", "Unknown filter: kinds."),
            ("kind=nothing", "Kind: Select a valid choice"),
            ("since=yesterdays", "From: Enter a valid date"),
            ("beyond=x", "The beginning of the page is not valid."),
        ],
    )
    def test_what_is_not_understood_is_named_and_shows_nothing(self, as_admin, query, words):
        page = as_admin.get(f"/trail/?{query}")
        assert words in page.text
        assert page.context["page"].events == []
        assert as_admin.get(f"/trail/file/?{query}").status_code == 302

    def test_pages_end(self, as_admin, admin):
        for number in range(120):
            access.record_export(admin, None, "csv", "", number)
        query, seen = "kind=exported&person=admin", []
        while True:
            page = as_admin.get(f"/trail/?{query}").context["page"]
            seen += [each.event.pk for each in page.events]
            if page.beyond is None:
                break
            query = f"kind=exported&person=admin&beyond={page.beyond}"
        assert len(seen) == len(set(seen)) == 121
        assert seen == sorted(seen, reverse=True)

    def test_the_file_holds_what_the_filter_chooses_and_is_recorded(self, as_admin, admin):
        access.record_export(admin, None, "csv", "q==cmd", 1)
        text = b"".join(as_admin.get("/trail/file/?kind=exported")).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row["What happened"] for row in rows] == [
            "Exported 1 row as csv, by the filter: q==cmd",
            EXPORTED,
        ]
        assert recorded(AccessKind.EXPORTED)[-1] == {
            "format": "record of access",
            "query": "kind=exported",
            "rows": 2,
        }

    def test_a_page_takes_as_many_queries_for_many_events(
        self, as_admin, admin, django_assert_num_queries
    ):
        as_admin.get("/trail/")
        for number in range(40):
            access.record_export(admin, None, "csv", "", number)
        with django_assert_num_queries(3):
            as_admin.get("/trail/")


@pytest.mark.parametrize("language", ["en", "tr", "de"])
def test_each_kind_has_words_in_each_language(admin, agent, language, as_admin):
    access.record_export(admin, None, "csv", "", 1)
    with translation.override(language):
        for event in AccessEvent.objects.all():
            assert describe(event)
