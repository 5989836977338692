"""A desk on which something of everything has happened, and the addresses of its pages."""

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from returns.background import run_long_jobs, run_short_jobs
from returns.demo.policies import set_up_policies
from returns.feed.push import push
from returns.macros.editing import version_of
from returns.models import (
    ApiToken,
    DeadlinePolicy,
    DeletedReturn,
    FeedRun,
    Macro,
    Return,
    SalesOrder,
    SavedView,
    State,
    Subscription,
    TagRule,
    Upload,
)
from returns.orders.tokens import token_of_orders
from returns.people import tokens
from tags.models import BulkTagging, Tag
from tests.factories import line_item, make_comment, make_return, put_tag
from tests.returns.feed.orders import samples as orders

LISTS = (
    "",
    "?q=7340",
    "?q=Return-1",
    "?q=no-such-number-77",
    "?state=ArrivedToWarehouse&tag=books&sort=waiting",
    "?tag_any=books&tag_none=damaged&missing_group=Priority&waiting_over=48&carrier=Aras",
    "?notes=kutu&commented=yes&created_from=-30d&arrived=week&completed=last_7_days",
    "?deadline=late&problem=arrived_without_tracking&third=1",
    "?missing=carrier&channel=Shop&due_by=today&due_from=today&took_over=2&order_returns=2",
    "?stete=Completed&waiting_over=x&created_from=never&tag=no-such-tag&due_under=Nothing",
    "?group=carrier&sort=-waiting",
    "?group=tag",
    "?q=TS-01&sku=TS&serial=SN&item=Damaged&item=WaitingInWarehouse&items_waiting=1&items_missing=x",
    "?state=Completed&carrier=Nobody",
)
PAGES: tuple[tuple[str, str], ...] = (
    *(("return-list", query) for query in LISTS),
    *(("queue", query) for query in ("", "?queue=waiting", "?queue=on_the_way&group=channel")),
    *(("reports", query) for query in ("", "?period=7", "?period=week&tag=books")),
    *(("queue-handover", query) for query in ("", "?group=carrier", "?state=Completed")),
    *((name, "") for name in ("preferences", "columns", "saved-views", "exports", "activity")),
    *((name, "") for name in ("recent", "scan", "rules", "new-rule", "deadlines", "new-deadline")),
    *((name, "") for name in ("working-calendar", "sentences", "feed", "new-upload", "mappings")),
    *((name, "") for name in ("feed-rejected", "tags", "tag-history", "new-tag", "new-group")),
    *((name, "") for name in ("merge-tags", "queue-problems", "new-bulk-tagging", "return-facets")),
    *((name, "") for name in ("password_change", "password_change_done", "return-export")),
    *(("return-export", query) for query in ("?state=Completed", "?q=7340", "?stete=x")),
    *(("return-live", query) for query in ("?poll", "?state=Completed&poll")),
    ("queue-live", "?poll"),
    ("saved-view-counts", ""),
    ("new-rule-filter", "?state=Completed"),
    ("new-deadline-filter", "?tag=books"),
    ("tag-usage", ""),
    *(("macros", ""), ("new-macro", ""), ("run-macro", "?state=Completed")),
    *(("outgoing", ""), ("event-types", ""), ("new-subscription", "?tag=books")),
    ("retention", ""),
    ("status", ""),
)
CSV = """returnReferenceNumber;state;createdAt;updatedAt;city
Return-5001;Completed;x;2026-01-01;Izmir
"""


def make_desk(admin: User) -> dict[str, Any]:
    """Let an admin do everything once; return the addresses of what came of it, by name."""
    client = Client()
    client.force_login(admin, backend="returns.people.RoleBackend")
    records = _make_returns(admin)
    _work(client, records)
    _bring_records(client)
    return _addresses(records)


_LINES = [
    line_item("1", "TS-01", processed_at="2026-01-05T09:00:00.000000+00:00"),
    line_item("2", "TS-02", "Missing", serial_number="SN-1"),
    line_item("3", "", "Damaged", damaged_state="WaitingInWarehouse"),
    line_item("4", "TS-03", "WaitingToBeProcessed"),
]


def _make_returns(admin: User) -> list[Return]:
    now = timezone.now()
    made = []
    for number in range(1, 25):
        state = list(State)[number % 3]
        record = make_return(
            f"Return-{number}",
            state=state,
            created_at=now - timedelta(days=1 + number * 2),
            cargo_carrier=("Aras", "DHL", "")[number % 3],
            sales_order_channel=("Shop", "Trendyol", "")[number % 3],
            sales_order_reference_number=f"RSO{number // 4}",
            notes="Kutu ezik" if number % 4 else "",
            line_items=(_LINES, [], None)[number // 3 % 3],
        )
        put_tag(record, ("books", "urgent-refund", "damaged")[number % 3], admin)
        made.append(record)
    make_return("Return-77", state=State.ARRIVED, tracking_id="")
    for record in made[:3]:
        make_comment(record, admin, "Müşteri aradı")
    priced = {"sku": "TS-03", "amountInOrder": 3, "salePrice": 2, "currency": "EUR"}
    orders.bring(orders.an_order("RSO1", lineItems=[orders.ITEM, priced]))
    return made


def _work(client: Client, records: list[Return]) -> None:
    def post(url: str, /, *args: Any, **sent: Any) -> Any:
        return client.post(reverse(url, args=args), sent)

    set_up_policies()
    first, second = records[0], records[1]
    post("return-tags", first.pk, add="fragile")
    post("return-tags", first.pk, remove=str(Tag.objects.get(name="fragile").pk))
    post("return-comments", first.pk, text="Tekrar aranacak")
    comment = first.comments.first()
    post("return-comment", comment.pk, text="Tekrar arandı", version="")
    for text in ("Return-2", "Return-2", "73400", "no-such-number"):
        post("scan", text=text)
    post("saved-views", name="Bekleyenler", query="state=ArrivedToWarehouse&waiting_over=24")
    post("saved-views", name="Hepsi", query="tag=books&group=carrier")
    books = Tag.objects.get(name="books")
    bulk = post("new-bulk-tagging", select=[first.pk, second.pk], add=[books.pk])
    if bulk.status_code == 302:
        client.post(bulk["Location"], {"action": "start"})
    macro = Macro.objects.create(
        name="Geri ara",
        adds=[books.pk],
        comment="Arandı. @nobody",
        claims=True,
        remind="tomorrow",
        why="tekrar ara",
        language="de",
    )
    chosen = {"macro": f"{macro.pk} {version_of(macro)}"}
    for ids in ([first.pk], [first.pk, second.pk]):  # the second one stays a preview
        client.post(reverse("run-macro", query={"id": ids}), chosen)
    TagRule.objects.create(
        name="Kural", moment="created", parameters={"state": ["Completed"]}, adds=[books.pk]
    )
    TagRule.objects.update(is_on=True)
    post("change-tag", books.pk, name="kitap", group=books.group_id)
    post("change-tag", books.pk, name="books", group=books.group_id)
    post("change-tag", Tag.objects.get(name="standard").pk, action="retire")
    hook = {
        "name": "Dükkân",
        "occasion": "event",
        "channel": "webhook",
        "address": "https://dukkan.example/",
        "rate": "60",
    }
    client.post(reverse("new-subscription") + "?tag=books", hook | {"types": ["return.created"]})
    post("exports", query="state=Completed")
    post("return-opened", first.pk)
    Return.objects.filter(pk=records[1].pk).update(line_items=[line_item("2", state="Damaged")])
    tokens.issue(ApiToken(name="Dükkân", scopes=["read", "tags", "feed"]))
    client.post(reverse("delete-return", args=[records[-1].pk]), {"reason": "Deneme kaydı"})
    redacted = records[9]
    post("return-comments", redacted.pk, text="Müşteri aradı")
    post("redact-return", redacted.pk, reference=str(redacted), reason="Müşteri istedi")


def _bring_records(client: Client) -> None:
    good = {
        "returnReferenceNumber": "Return-900",
        "state": "Completed",
        "createdAt": "2026-01-01T10:00:00Z",
        "updatedAt": "2026-01-03T10:00:00Z",
        "arrivedToWarehouseAt": "2026-01-02T10:00:00Z",
        "completedAt": "2026-01-03T10:00:00Z",
    }
    wrong = [
        good | {"returnReferenceNumber": "Return-901", "createdAt": "2026-13-01"},
        good | {"returnReferenceNumber": "", "state": "Lost"},
        good | {"returnReferenceNumber": "Return-902", "completedAt": None},
        good | {"returnReferenceNumber": "Return-903", "updatedAt": "2126-01-01T00:00:00Z"},
        good | {"returnReferenceNumber": "Return-904", "tags": "a, b" * 40},
        good | {"returnReferenceNumber": "Return-905", "lineItems": [{"state": "Lost"}, 7]},
        {"state": "Completed"},
        7,
    ]
    push(json.dumps({"items": [good, *wrong]}).encode(), "Dükkân")
    for name, content in (("iade.csv", CSV), ("iade2.csv", "a;b\n1;2\n"), ("boş.csv", "")):
        client.post(reverse("new-upload"), {"file": SimpleUploadedFile(name, content.encode())})
    run_short_jobs()
    run_long_jobs()


def _addresses(records: list[Return]) -> dict[str, Any]:
    reference = records[0].return_reference_number
    found: dict[str, Any] = {
        "return": reverse("return-detail", args=[reference]),
        "return of three": reverse("return-detail", args=[records[5].return_reference_number]),
        "return from the list": reverse("return-detail", args=[reference]) + "?from=/returns/",
        "order": reverse("order", args=["RSO1"]),
        "order that is not known": reverse("order", args=["RSO2"]),
        "card": reverse("return-card", args=[records[4].pk]),
        "tags of a return": reverse("return-tags", args=[records[2].pk]),
        "macros to run": reverse("run-macro", query={"id": records[2].pk}),
        "tag editor": reverse("return-tags", args=[records[2].pk]) + "?at=row",
        "timeline": reverse("return-timeline", args=[records[0].pk]),
        "changes": reverse("return-changes", args=[records[0].pk]) + "?poll",
        "delete": reverse("delete-return", args=[records[0].pk]),
        "redact": reverse("redact-return", args=[records[4].pk]),
        "redacted": reverse("return-detail", args=[records[9].return_reference_number]),
        "shopper": reverse("redact-shopper", args=[token_of_orders(SalesOrder.objects.all())]),
        "tag": reverse("change-tag", args=[Tag.objects.get(name="books").pk]),
        "group": reverse("change-group", args=[Tag.objects.get(name="books").group_id]),
    }
    for report in ("flow", "speed", "why", "changes", "what", "orders", "rules"):
        found[f"report {report}"] = reverse("report", args=[report])
    for name, model in (
        *(("rule", TagRule), ("rule-filter", TagRule), ("deadline", DeadlinePolicy)),
        *(("deadline-filter", DeadlinePolicy), ("feed-run", FeedRun), ("saved-view", SavedView)),
        *(("macro", Macro), ("subscription", Subscription), ("subscription-filter", Subscription)),
        *(("upload", Upload), ("upload-columns", Upload), ("undo-run", FeedRun)),
        ("bulk-tagging", BulkTagging),
    ):
        for row in model.objects.all():
            found[f"{name} {row.pk}"] = reverse(name, args=[row.pk])
    for app, model in (
        *(("returns", "return"), ("tags", "tag"), ("tags", "taggroup"), ("auth", "user")),
        *(("auth", "group"), ("returns", "apitoken"), ("returns", "accessevent")),
        *(
            ("returns", "carrier"),
            ("returns", "deletedreturn"),
            ("returns", "redaction"),
            ("returns", "tokenuse"),
            ("axes", "accessattempt"),
        ),
    ):
        found[f"admin {model}"] = reverse(f"admin:{app}_{model}_changelist")
    found["admin"] = reverse("admin:index")
    found["admin of a return"] = reverse("admin:returns_return_change", args=[records[3].pk])
    found["admin of a person"] = reverse(
        "admin:auth_user_change", args=[User.objects.get(username="ada").pk]
    )
    found["admin of a new person"] = reverse("admin:auth_user_add")
    found["admin of a new tag"] = reverse("admin:tags_tag_add")
    found["admin of a new group"] = reverse("admin:tags_taggroup_add")
    found["admin of a new carrier"] = reverse("admin:returns_carrier_add")
    found["admin of a new token"] = reverse("admin:returns_apitoken_add")
    if deleted := DeletedReturn.objects.first():
        found["admin of a deletion"] = reverse(
            "admin:returns_deletedreturn_change", args=[deleted.pk]
        )
    return found
