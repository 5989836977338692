"""The pages of the outbox: who sees what, and what their buttons do."""

import re
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from returns.models import (
    AccessEvent,
    Channel,
    Delivery,
    Occasion,
    OutgoingEvent,
    Subscription,
)
from returns.outgoing import allowing, editing
from returns.outgoing.mails import unsubscribe_token
from returns.outgoing.spreading import spread_next
from tests.factories import make_return, make_returns, make_tag
from tests.returns.outgoing.subscribing import notify, subscribe

pytestmark = pytest.mark.django_db
VALUES = {
    "name": "Shop",
    "occasion": "event",
    "channel": "webhook",
    "address": "https://shop.example/hook",
    "types": ["return.arrived", "return.created"],
    "rate": "60",
}


def new_path(**params: str) -> str:
    return f"{reverse('new-subscription')}?{urlencode(params)}"


def page_of(subscription: Subscription) -> str:
    return reverse("subscription", args=[subscription.pk])


def waiting_deliveries(subscription: Subscription) -> list[Delivery]:
    while spread_next():
        pass
    return list(Delivery.objects.filter(subscription=subscription))


def test_a_list_leads_to_a_notification_about_its_filter(as_manager, vocabulary):
    make_return(cargo_carrier="DHL")
    page = as_manager.get("/returns/?carrier=DHL").text
    assert 'href="/outgoing/new/?carrier=DHL"' in page
    assert "DHL" in as_manager.get("/outgoing/new/?carrier=DHL").text


def test_an_agent_is_offered_the_bell_but_no_program(as_agent, vocabulary):
    page = as_agent.get("/outgoing/new/?carrier=DHL").text
    assert 'value="bell"' in page
    assert 'value="webhook"' not in page
    assert 'value="chat"' not in page
    assert as_agent.post("/outgoing/new/?carrier=DHL", VALUES).status_code == 422
    assert not Subscription.objects.exists()


def test_a_chat_keeps_its_whole_address_and_a_webhook_made_of_it_gets_a_secret(
    as_manager, vocabulary
):
    address = "https://chat.example/hooks/T0/B0"
    chat = {**VALUES, "channel": "chat", "address": address}
    as_manager.post(new_path(), chat)
    entry = Subscription.objects.get()
    assert address not in as_manager.get("/outgoing/").text
    for name in ("Shop", "Store"):
        seen = {"seen": editing.version_of(entry), "name": name}
        assert address in as_manager.get(page_of(entry)).text
        assert as_manager.post(page_of(entry), {**chat, **seen}).status_code == 302
        entry.refresh_from_db()
        assert editing.address_of(entry) == address
    assert as_manager.post(page_of(entry), {**chat, "name": "Late", **seen}).status_code == 422

    seen = {"seen": editing.version_of(entry)}
    answer = as_manager.post(page_of(entry), {**VALUES, "address": address, **seen})
    entry.refresh_from_db()
    assert editing.secrets_of(entry) == [re.search(r"whsec_[\w+/=]+", answer.text)[0]]
    assert entry.address == address


def test_the_secret_is_shown_once_and_stored_encrypted(as_manager, vocabulary):
    tag = make_tag("books")
    answer = as_manager.post(new_path(tag="books"), VALUES)
    secret = re.search(r"whsec_[\w+/=]+", answer.text)[0]
    made = Subscription.objects.get()
    assert editing.secrets_of(made) == [secret]
    assert secret not in made.secret
    assert made.parameters == {"tag": [tag.pk]}
    assert made.types == ["return.created", "return.arrived"]
    assert "whsec_" not in as_manager.get(page_of(made)).text
    # The form sent again makes no second one.
    assert as_manager.post(new_path(tag="books"), VALUES).status_code == 422


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "http://shop.example/"},
        {"address": "https://127.0.0.1/"},
        {"address": "https://shop.example:22/"},
        {"types": []},
        {"types": ["return.stolen"]},
        {"rate": "0"},
        {"occasion": "never"},
        {"channel": "pigeon"},
        {"occasion": "count", "above": ""},
        {"occasion": "count", "above": "100000"},
        {"occasion": "timed", "every": "day", "at": "25:00"},
        {"occasion": "timed", "every": "week", "at": "09:00"},
        {"occasion": "silence", "minutes": "1"},
        {"rate": "6001"},
        {"name": " "},
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(as_manager, wrong):
    answer = as_manager.post(new_path(), VALUES | wrong)
    assert answer.status_code == 422
    assert "errorlist" in answer.text
    assert not Subscription.objects.exists()


@pytest.mark.parametrize("params", [{"q": "RSO1"}, {"stete": "Completed"}, {"tag": "nosuch"}])
def test_a_filter_that_cannot_be_followed_is_refused(as_manager, params):
    page = as_manager.get(new_path(**params)).text
    assert 'role="alert"' in page
    assert '<form class="panel card form"' not in page


def test_managers_see_their_own_and_admins_all(as_manager, as_admin, manager, admin):
    own = subscribe(owner=manager)
    other = subscribe("https://other.example/", owner=admin, parameters={})
    Subscription.objects.filter(pk=other.pk).update(name="Other")
    page = as_manager.get(reverse("outgoing")).text
    assert page_of(own) in page
    assert page_of(other) not in page
    assert as_manager.get(page_of(other)).status_code == 404
    assert as_manager.post(page_of(other), {"action": "off"}).status_code == 404
    page = as_admin.get(reverse("outgoing")).text
    assert page_of(own) in page
    assert page_of(other) in page


def test_what_is_changed_is_saved_and_what_another_changed_is_not_overwritten(as_manager, manager):
    entry = subscribe(owner=manager)
    seen = editing.version_of(entry)
    answer = as_manager.post(page_of(entry), VALUES | {"name": "New", "seen": seen})
    assert answer.status_code == 302
    answer = as_manager.post(page_of(entry), VALUES | {"name": "Newer", "seen": seen})
    assert answer.status_code == 422
    assert "meanwhile" in answer.text
    entry.refresh_from_db()
    assert (entry.name, entry.rate) == ("New", 60)


def test_a_new_secret_is_made_once_and_the_old_one_stays_valid_for_a_day(as_manager, manager):
    entry = subscribe(owner=manager)
    (old,) = editing.secrets_of(entry)
    form = {"action": "rotate", "seen": editing.secret_version(entry)}
    new = re.search(r"whsec_[\w+/=]+", as_manager.post(page_of(entry), form).text)[0]
    entry.refresh_from_db()
    assert editing.secrets_of(entry) == [new, old]
    assert as_manager.post(page_of(entry), form).status_code == 422
    entry.old_secret_until = timezone.now()
    assert editing.secrets_of(entry) == [new]


def test_it_is_switched_off_and_on_and_begins_anew(as_manager, manager):
    entry = subscribe(owner=manager)
    editing.set_aside(entry, allowing.OWNER_MAY_NOT)
    page = as_manager.get(page_of(entry)).text
    assert "may no longer send webhooks" in page
    as_manager.post(page_of(entry), {"action": "on"})
    entry.refresh_from_db()
    assert (entry.is_on, entry.off_because, entry.failures) == (True, "", 0)
    as_manager.post(page_of(entry), {"action": "off"})
    answer = as_manager.post(page_of(entry), {"action": "test", "type": "test.ping"})
    assert answer.status_code == 422
    assert "Switch it on first" in answer.text


def test_a_test_and_what_was_sent_can_be_sent_again(as_manager, manager):
    entry = subscribe(owner=manager)
    as_manager.post(page_of(entry), {"action": "test", "type": "return.tagged"})
    assert OutgoingEvent.objects.get().type == "return.tagged"
    make_return()
    Delivery.objects.filter(pk__in=[each.pk for each in waiting_deliveries(entry)]).update(
        status="sent", tried_at=timezone.now(), answer=204
    )
    page = as_manager.get(page_of(entry)).text
    assert "status 204" in page
    one = Delivery.objects.first()
    as_manager.post(page_of(entry), {"action": "again", "delivery": str(one.pk)})
    assert Delivery.objects.filter(status="waiting").count() == 1
    span = {"action": "span", "since": "2020-01-01T00:00", "until": "2099-01-01T00:00"}
    as_manager.post(page_of(entry), span)
    assert Delivery.objects.filter(status="waiting").count() == 2
    backwards = span | {"since": "2099-01-02T00:00"}
    assert as_manager.post(page_of(entry), backwards).status_code == 422


def test_it_is_deleted_with_what_waits(as_manager, manager):
    entry = subscribe(owner=manager)
    make_return()
    assert waiting_deliveries(entry)
    assert as_manager.post(page_of(entry), {"action": "remove"}).status_code == 302
    assert not Delivery.objects.exists()


def test_its_filter_is_replaced(as_manager, manager, vocabulary):
    entry = subscribe(owner=manager)
    as_manager.post(new_path(carrier="DHL"), {"replaces": str(entry.pk)})
    entry.refresh_from_db()
    assert entry.parameters == {"carrier": ["DHL"]}
    path = reverse("subscription-filter", args=[entry.pk])
    seen = editing.version_of(entry)
    answer = as_manager.post(path, {"query": "carrier=UPS", "seen": seen})
    assert answer.status_code == 302
    entry.refresh_from_db()
    assert entry.parameters == {"carrier": ["UPS"]}


@pytest.mark.parametrize(
    ("occasion", "options"), [(Occasion.RULE, {}), (Occasion.SILENCE, {"minutes": 60})]
)
def test_without_a_filter_none_is_shown_kept_or_replaced(as_manager, manager, occasion, options):
    fields = {"name": "Fires", "occasion": occasion.value, "channel": "bell"} | options
    as_manager.post(new_path(carrier="DHL"), fields)
    entry = Subscription.objects.get()
    assert entry.parameters == {}
    for path in (page_of(entry), reverse("outgoing")):
        text = as_manager.get(path).text
        main = text[text.index("<main") :]
        assert 'id="filter-heading"' not in main
        assert "all returns" not in main.lower()
    assert f'<option value="{entry.pk}">' not in as_manager.get(new_path(carrier="DHL")).text
    assert as_manager.post(new_path(carrier="DHL"), {"replaces": entry.pk}).status_code == 422
    path = reverse("subscription-filter", args=[entry.pk])
    assert as_manager.get(path).status_code == 302
    assert as_manager.post(path, {"query": "carrier=UPS"}).status_code == 422

    entry = notify(manager, Occasion.MATCH, parameters={"carrier": ["DHL"]}, name="Turned")
    fields |= {"name": "Turned", "seen": editing.version_of(entry)}
    assert as_manager.post(page_of(entry), fields).status_code == 302
    entry.refresh_from_db()
    assert (entry.occasion, entry.parameters) == (occasion, {})


def test_each_type_is_in_the_catalogue(as_manager):
    page = as_manager.get(reverse("event-types")).text
    assert "deadline.at_risk" in page
    assert "returnReferenceNumber" in page


def test_unknown_actions_and_numbers_are_refused(as_manager, manager):
    entry = subscribe(owner=manager)
    assert as_manager.post(page_of(entry), {"action": "explode"}).status_code == 400
    assert as_manager.post(page_of(entry), {"action": "again", "delivery": "x"}).status_code == 302
    assert as_manager.post(page_of(entry), {"action": "test", "type": "x"}).status_code == 422


def test_pages_take_as_many_queries_for_more_rows(
    as_manager, manager, django_assert_max_num_queries
):
    entry = subscribe(owner=manager)

    def fill(number: int) -> None:
        for n in range(number):
            name = f"{Subscription.objects.count()}-{n}"
            Subscription.objects.create(owner=manager, name=name, types=["return.created"])
        make_returns([{}] * number)
        waiting_deliveries(entry)
        Delivery.objects.update(tried_at=timezone.now(), status="sent")

    fill(2)
    for path, most in ((reverse("outgoing"), 12), (page_of(entry), 14)):
        with django_assert_max_num_queries(most):
            as_manager.get(path)
    fill(6)
    for path, most in ((reverse("outgoing"), 12), (page_of(entry), 14)):
        with django_assert_max_num_queries(most):
            as_manager.get(path)


def test_who_made_and_changed_one_is_in_the_record_of_access(as_agent, agent, as_admin):
    form = {"name": "Mine", "occasion": "match", "channel": "bell"}
    assert as_agent.post(new_path(), form).status_code == 302
    entry = Subscription.objects.get()
    for action in ("off", "on", "remove"):
        as_admin.post(page_of(entry), {"action": action})
    events = AccessEvent.objects.filter(kind="notification").order_by("pk")
    done = [(event.name, event.details["change"]) for event in events]
    assert done == [("agent", "created"), *(("admin", each) for each in ("off", "on", "deleted"))]
    page = as_admin.get(reverse("trail")).text
    assert "Notification Mine of agent (the bell): made." in page


def test_every_way_to_change_one_is_in_the_record_of_access(client, as_agent, agent, as_admin):
    entry = notify(agent, Occasion.MATCH, Channel.EMAIL, name="Mine")
    link = reverse("unsubscribe", args=[unsubscribe_token(entry)])
    path = reverse("subscription-filter", args=[entry.pk])
    for act, change in (
        (lambda: as_agent.post(path, {"query": "carrier=UPS"}), "changed"),
        (lambda: as_agent.post(new_path(carrier="DHL"), {"replaces": entry.pk}), "changed"),
        (lambda: client.post(link), "unsubscribed"),
        (lambda: as_agent.post(page_of(entry), {"action": "on"}), "on"),
    ):
        before = AccessEvent.objects.filter(kind="notification").count()
        assert act().status_code < 400
        event = AccessEvent.objects.filter(kind="notification").order_by("pk").last()
        assert AccessEvent.objects.filter(kind="notification").count() == before + 1
        assert (event.name, event.person, event.details["change"]) == ("agent", agent, change)
    page = as_admin.get(reverse("trail")).text
    assert "Notification Mine of agent (e-mail): ended by the link in an e-mail." in page


def test_looking_at_the_link_and_ending_what_has_ended_are_not_recorded(client, agent):
    entry = notify(agent, Occasion.MATCH, Channel.EMAIL)
    link = reverse("unsubscribe", args=[unsubscribe_token(entry)])
    for method in (client.get, client.post, client.post):
        assert method(link).status_code == 200
    assert AccessEvent.objects.filter(kind="notification").count() == 1


def test_a_manager_who_lost_the_role_can_only_end_their_webhook(as_manager, manager, agent):
    entry = subscribe(owner=manager)
    manager.groups.set(agent.groups.all())
    page = page_of(entry)
    form = VALUES | {"seen": editing.version_of(entry)}
    assert as_manager.post(page, form).status_code == 403
    seen = editing.secret_version(entry)
    assert as_manager.post(page, {"action": "rotate", "seen": seen}).status_code == 403
    assert as_manager.post(page, {"action": "on"}).status_code == 403
    path = reverse("subscription-filter", args=[entry.pk])
    assert as_manager.post(path, {"query": "carrier=UPS"}).status_code == 403
    assert as_manager.post(page, {"action": "remove"}).status_code == 302
    assert not Subscription.objects.exists()


def test_two_people_may_use_the_same_name(as_agent, as_manager):
    form = {"name": "Late", "occasion": "match", "channel": "bell"}
    assert as_agent.post(new_path(), form).status_code == 302
    assert as_manager.post(new_path(), form).status_code == 302
    assert as_agent.post(new_path(), form | {"name": "LATE"}).status_code == 422


def test_a_person_has_no_more_than_20_to_themselves(as_agent, agent):
    for number in range(editing.MAX_OWN_SUBSCRIPTIONS):
        Subscription.objects.create(owner=agent, name=str(number), channel="bell")
    answer = as_agent.post(new_path(), {"name": "x", "occasion": "match", "channel": "bell"})
    assert answer.status_code == 422
    assert "20 notifications" in answer.text
