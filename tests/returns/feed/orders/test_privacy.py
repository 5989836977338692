"""A dump of the database tells nobody's e-mail address, phone number, customer number or name.

Everything that is tried here comes in by every way, also as records that are wrong.
"""

import json
import os
import re
import subprocess
import unicodedata

import pytest
from django.core.management import call_command
from django.test import Client as Browser

from config import postgres_server
from returns.background import run_long_jobs, run_short_jobs
from returns.models import ApiToken, SalesOrder, State
from returns.people.tokens import issue
from tests.database import server_settings
from tests.factories import make_return
from tests.returns.feed.fake_api import TOKEN, FakeApi, to_json
from tests.returns.feed.orders.samples import CUSTOMER, an_order
from tests.returns.feed.test_sync import a_record

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

# Each way has a shopper of its own, so that what is left of any is noticed.
WAYS = ("push", "file", "lines", "pull")


def shopper(way: str) -> dict[str, str]:
    number = WAYS.index(way)
    return {
        "customerNo": f"Cust-{number}4711",
        "firstName": f"Gülşah-{way}",
        "lastName": f"Yıldızoğlu-{way}",
        "email": f"Gulsah.{way}@Shopper.Example",
        "phone": f"0532 765 {number}3 21",
    }


def orders(way: str) -> list:
    """Return a good order and wrong ones, each of which says who the shopper is."""
    customer = shopper(way)
    return [
        an_order(f"RSO-{way}", customer=customer),
        an_order(f"RSO-{way}-2", customer=customer, state="Lost"),
        an_order(f"RSO-{way}-3", customer=customer | {"phone": [customer["phone"]]}),
        an_order(f"RSO-{way}-4", customer=customer["email"]),
        an_order(f"RSO-{way}-5", customer=[customer], lineItems=[customer["email"]]),
        an_order(f"RSO-{way}-6", customer=customer | {"email": customer["email"] + "\0"}),
        an_order("x" * 31, customer=customer, email=customer["email"], note=customer),
        {"customer": customer},
    ]


def bring_by_every_way(tmp_path, settings) -> None:
    for way in WAYS:
        for reference in ("", *(f"-{number}" for number in range(2, 7))):
            make_return(sales_order_reference_number=f"RSO-{way}{reference}")
    _push()
    _import(tmp_path)
    with FakeApi([a_record(1, salesOrderReferenceNumber="RSO-pull-2")]) as side:
        settings.RETURNS_API_URL, settings.RETURNS_API_TOKEN = side.url, TOKEN
        side.orders = {f"{each.get('referenceNumber')}": each for each in orders("pull")}
        for _ in range(2):
            with pytest.raises(SystemExit):
                call_command("sync_returns", "--ask-again")
    run_short_jobs()
    run_long_jobs()


def _push() -> None:
    secret = issue(ApiToken(name="Shop", scopes=["feed", "read"]))
    answer = Browser().post(
        "/openapi/v1/feed/orders",
        to_json({"items": [*orders("push"), shopper("push")["email"]]}),
        content_type="application/json",
        headers={"Authorization": secret},
    )
    assert answer.status_code == 200
    assert answer.json()["rejected"] >= 4


def _import(tmp_path) -> None:
    whole, lines = tmp_path / "orders.json", tmp_path / "lines.json"
    whole.write_text(to_json(orders("file")))
    wrong = f'{shopper("lines")["email"]}\n{{"customer": {json.dumps(shopper("lines"))}\n'
    lines.write_text("\n".join(map(to_json, orders("lines"))) + f"\n{wrong}")
    for path in (whole, lines):
        with pytest.raises(SystemExit):
            call_command("import_orders", str(path))


def dump() -> str:
    """Return everything that is in the database, as ``pg_dump`` writes it."""
    target = server_settings()  # pg_dump needs a session
    login = {"PGUSER": target["USER"], "PGPASSWORD": target["PASSWORD"]}
    place = {"PGHOST": target["HOST"], "PGPORT": str(target["PORT"])}
    done = subprocess.run(
        [postgres_server.PROGRAMS / "pg_dump", "--inserts", target["NAME"]],
        env={name: value for name, value in (os.environ | login | place).items() if value},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "returns_salesorder" in done.stdout
    return done.stdout


def secrets(*names: str) -> list[str]:
    """Return what must not be found, folded as ``folded`` does it."""
    return [folded(shopper(way)[name]) for way in WAYS for name in names]


def folded(text: str) -> str:
    """Return a text without regard to case, accents and spaces: any spelling is found."""
    plain = unicodedata.normalize("NFKD", text).casefold().replace("ı", "i")
    return "".join(each for each in plain if not unicodedata.combining(each) and each != " ")


def found(text: str, *names: str) -> list[str]:
    plain = folded(text)
    digits = re.sub(r"[^0-9a-z]", "", plain)
    phones = [f"532765{number}321" for number in range(len(WAYS))]
    numbers = phones if "phone" in names else []
    others = [name for name in names if name != "phone"]
    return [each for each in secrets(*others) if each in plain] + [
        each for each in numbers if each in plain or each in digits
    ]


NUMBERS = ("email", "phone", "customerNo")
PERSON = ("firstName", "lastName")


@pytest.mark.parametrize("keys", [True, False])
def test_a_dump_after_importing_orders_tells_no_shopper(
    tmp_path, settings, capfd, caplog, keys, admin
):
    caplog.set_level(0)
    if not keys:
        settings.SHOPPER_KEYS = []
    bring_by_every_way(tmp_path, settings)
    of_all = SalesOrder.objects.filter(reference__in=[f"RSO-{way}" for way in WAYS])
    assert of_all.filter(email_hash__isnull=not keys).count() == len(WAYS)
    told = capfd.readouterr()
    for text in (dump(), told.out + told.err + caplog.text):
        assert found(text, *NUMBERS, *PERSON) == []
        assert "bagdatcad" not in folded(text)


def test_names_are_in_a_dump_only_where_they_are_switched_on(tmp_path, settings, capfd, caplog):
    caplog.set_level(0)
    settings.SHOPPER_NAMES = True
    bring_by_every_way(tmp_path, settings)
    text = dump()
    assert len(found(text, *PERSON)) == 2 * len(WAYS)
    assert found(text, *NUMBERS) == []
    told = capfd.readouterr()
    assert found(told.out + told.err + caplog.text, *NUMBERS, *PERSON) == []


def test_what_is_looked_for_would_be_found():
    """Otherwise the tests above prove nothing."""
    make_return("gulsah.PUSH@shopper.example", notes="+90 (532) 765-03-21", state=State.CREATED)
    make_return(sales_order_reference_number="CUST-04711", notes="Gulsah-push")
    text = dump()
    assert len(found(text, *NUMBERS)) == 3
    assert found(text, "firstName") == ["gulsah-push"]
    assert CUSTOMER["email"] not in text
