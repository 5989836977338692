"""Files of orders are imported by a command, in any of three shapes of JSON."""

import io
import json
from decimal import Decimal

import pytest
from django.core.management import call_command

from returns.feed.orders.files import read_orders
from returns.models import OrderState, SalesOrder, SalesOrderItem
from tests.factories import make_return
from tests.returns.feed.fake_api import to_json
from tests.returns.feed.orders.samples import ITEM, an_order

pytestmark = pytest.mark.django_db
HUGE = "1e9999999999999999999"  # more than a Decimal can hold
MANY = [an_order(f"RSO{number}") for number in range(3)]
LINES = "\n".join(map(to_json, MANY))
SHAPES = {
    "a list": to_json(MANY),
    "an envelope": to_json({"dataSetCount": 3, "errors": [], "items": MANY, "offset": 0}),
    "an envelope that does not end": to_json({"items": MANY})[:-1],
    "one per line": LINES,
    "one per line, with empty ones": LINES.replace("\n", "\n\n \n"),
    "one after the other": "".join(
        json.dumps(json.loads(each), indent=1) for each in LINES.split("\n")
    ),
    "a list with a mark": "\ufeff" + to_json(MANY),
    "a list within lines": to_json(MANY).replace(", {", ",\n\n{"),
}


@pytest.fixture
def returns():
    for number in range(3):
        make_return(sales_order_reference_number=f"RSO{number}")


@pytest.fixture
def bring_file(tmp_path, capsys):
    def run(text: str, *options: str) -> tuple[int, str, str]:
        path = tmp_path / "orders.json"
        path.write_bytes(text.encode())
        code = 0
        try:
            call_command("import_orders", str(path), *options)
        except SystemExit as ended:
            code = ended.code
        told = capsys.readouterr()
        return code, told.out, told.err.replace(str(tmp_path), "")

    return run


def read(text: str) -> list:
    return list(read_orders(io.BytesIO(text.encode())))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_orders_of_a_file_are_read(shape):
    entries = read(SHAPES[shape])
    good = [entry for entry in entries if not entry.error]
    assert [entry.reference for entry in good] == ["RSO0", "RSO1", "RSO2"]
    assert len(entries) - len(good) == ("does not end" in shape)


def test_a_file_is_imported_once(bring_file, returns):
    summary = "read 3, created {}, updated 0, unchanged {}, without a return 0, rejected 0\n"
    assert bring_file(to_json(MANY)) == (0, summary.format(3, 0), "")
    assert bring_file(LINES) == (0, summary.format(0, 3), "")


def test_a_dry_run_writes_nothing(bring_file, returns):
    code, out, _ = bring_file(to_json(MANY), "--dry-run")
    assert (code, out.startswith("read 3, created 3,")) == (0, True)
    assert not SalesOrder.objects.exists()


@pytest.mark.parametrize("separator", [", ", "\n"])
def test_numbers_are_exact(bring_file, returns, separator):
    items = [ITEM | {"salePrice": Decimal(each)} for each in ("1234567890123456.7891", "18.4")]
    text = separator.join(to_json(an_order(f"RSO{n}", lineItems=items)) for n in range(2))
    assert bring_file(text if separator == "\n" else f"[{text}]")[0] == 0
    prices = SalesOrderItem.objects.values_list("price", flat=True)
    assert {str(each) for each in prices} == {"1234567890123456.7891", "18.4000"}


def test_what_is_wrong_is_named_and_the_rest_is_imported(bring_file, returns):
    wrong = [an_order("RSO1", state="Lost"), 7, an_order("RSO9"), an_order("RSO2")]
    code, out, err = bring_file(to_json([MANY[0], *wrong]))
    assert code == 1
    assert "created 2, updated 0, unchanged 0, without a return 1, rejected 2" in out
    assert err.splitlines() == [
        f"/orders.json: item 2 (RSO1): state: unknown: 'Lost'; use {', '.join(OrderState.values)}",
        "/orders.json: item 3: record: not an object",
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("referenceNumber,state\n", "line 1: file: not JSON"),
        ("[" + to_json(MANY[0]) + ", {", "item 2: file: invalid JSON here; the rest was not read"),
        (f"{LINES}\ngulsah@example.com", "line 4: record: invalid JSON"),
        ("[" * 100_000, "item 1: file: more than 200 levels deep"),
        (f"[{'9' * 5000}]", "item 1: file: 4,000 digits in a row"),
        (f"[{HUGE}]", "item 1: file: invalid JSON here; the rest was not read"),
        (f"{LINES}\n" + f'{{"total": {HUGE}}}', "line 4: record: invalid JSON"),
    ],
)
def test_what_cannot_be_read_is_said_without_its_text(bring_file, returns, text, sentence):
    code, _, err = bring_file(text)
    assert (code, err.splitlines()[-1]) == (1, f"/orders.json: {sentence}")
    assert "example.com" not in err


def test_an_empty_file_has_no_orders(bring_file):
    assert bring_file(" \n")[1].startswith("read 0, ")


def test_a_file_that_is_not_there_is_named(capsys):
    with pytest.raises(SystemExit):
        call_command("import_orders", "/nowhere.json")
    assert "/nowhere.json: cannot be read: No such file" in capsys.readouterr().err
