# ruff: noqa: S608 - the parts of these statements are the names of our own columns
"""The SQL of a search. Each branch reads its own index and stops at a cap.

``returns_search_key`` turns a text into a key of A-Z and 0-9; the stored keys were made by the
same function. Keys compare bytewise, so "begins with K" is the range from K to K followed by "[",
the character after Z.
"""

from collections.abc import Collection, Sequence

from returns.querysets import BARCODE_KEYS, REFERENCE_KEY, SEARCH_KEYS, SERIAL_KEY, SKU_KEY
from returns.search.hits import Tier
from returns.search.typed import MAX_STORED_NUMBER_LENGTH

# How many leading zeros a stored number may have more, or fewer, than the typed one.
MAX_ZEROS = 12
# Shorter numbers are part of too many barcodes by accident.
MIN_LENGTH_IN_SCAN = 8
# How many digits a reference's bare number has at least: fewer are the end of too many references.
MIN_BARE_LENGTH = 4
# How many letters a scanner may add after the number. In front of it, anything is allowed.
MAX_ADDED_LETTERS = 3
# The middle of numbers is searched in this many newest returns first.
MIDDLE_SEARCH_NEWEST = 5_000

TYPED = f"""
    SELECT place, text, key, reverse(key) AS yek,
        ARRAY(
            SELECT parts[1] || repeat('0', zeros) || parts[2]
            FROM generate_series(0, {MAX_ZEROS}) AS zeros,
                regexp_match(key, '^([A-Z]*)0*([1-9].*)$') AS parts
        ) AS with_zeros,
        CASE WHEN key ~ '^0+.{{4}}' THEN reverse(ltrim(key, '0')) END AS yek_without_zeros,
        ARRAY(
            SELECT right(left(key, most - added), size)
            FROM length(key) AS most,
                generate_series(
                    0, length(substring(key FROM '[A-Z]{{0,{MAX_ADDED_LETTERS}}}$'))
                ) AS added,
                generate_series(
                    {MIN_LENGTH_IN_SCAN}, least(most - added, {MAX_STORED_NUMBER_LENGTH})
                ) AS size
            WHERE size < most
        ) AS tails
    FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS given (text, place),
        returns_search_key(text) AS key
"""


def _begins(value: str, key: str) -> str:
    return f"{value} >= {key} AND {value} < {key} || '['"


# Only letters in front: Return-24881 has the bare number 24881.
_IS_BARE = (
    f"length(key) >= {MIN_BARE_LENGTH} AND key || left({{number}}, -length(key)) ~ '^[0-9]+[A-Z]+$'"
)
# The conditions of each tier, one per branch; {number} is the key column.
TIER_CONDITIONS = {
    Tier.WHOLE: ["{number} = key"],
    Tier.WITHOUT_ZEROS: ["{number} = ANY (with_zeros) AND {number} <> key"],
    Tier.BARE: [f"{_begins('reverse({number})', 'yek')} AND {_IS_BARE}"],
    Tier.END: [
        f"{_begins('reverse({number})', 'yek')} AND {{number}} <> key",
        _begins("reverse({number})", "yek_without_zeros"),
    ],
    # The highest numbers first: numbers grow with time, so these returns are the newest.
    Tier.BEGINNING: [
        f"{_begins('{number}', 'key')} AND {{number}} <> key ORDER BY {{number}} DESC"
    ],
    Tier.SCANNED: ["{number} = ANY (tails)"],
}


def find_statement(numbers: Sequence[str], tiers: Collection[Tier]) -> str:
    """Return the statement that finds the parameter ``texts`` in these key columns.

    Its rows are place, key, tier, number and id; at most the parameter ``cap`` per branch. A
    return reference without any letter or digit has no key; it is found by its exact text.
    """
    branches = [
        _branch(tier, number, condition.format(number=number))
        for tier in tiers
        for condition in TIER_CONDITIONS[tier]
        for number in numbers
        if tier is not Tier.BARE or number == REFERENCE_KEY
    ]
    if Tier.WHOLE in tiers and REFERENCE_KEY in numbers:
        exact = "key IS NULL AND return_reference_number = text"
        branches.append(_branch(Tier.WHOLE, REFERENCE_KEY, exact))
    return f"""
        WITH typed AS MATERIALIZED ({TYPED})
        SELECT place, coalesce(key, text), hit.*
        FROM typed CROSS JOIN LATERAL ({" UNION ALL ".join(branches)}) AS hit
    """


def _branch(tier: Tier, number: str, condition: str) -> str:
    return (
        f"(SELECT {tier.value}, '{number}', id FROM returns_return WHERE {condition} LIMIT %(cap)s)"
    )


def _item_branch(tier: Tier, key: str, condition: str, order: str) -> str:
    return (
        f"(SELECT {tier.value}, '{key}', record_id FROM returns_returnitem"
        f" WHERE {condition} ORDER BY {order} LIMIT %(cap)s)"
    )


_NEWEST = "record_created_at DESC, record_id DESC"
# A barcode is looked up in this many items of orders: they are of one product, or of a few.
MAX_ITEMS_WITH_BARCODE = 1_000
# The newest returns with products that have the whole key as their barcode. The materialized query
# is planned for all rows, which makes it use the index, and stops at the limit when it runs.
_BY_BARCODE = f"""
    (WITH items AS MATERIALIZED (
        SELECT {SKU_KEY} FROM returns_salesorderitem
        WHERE {BARCODE_KEYS} @> ARRAY[key] AND {SKU_KEY} IS NOT NULL
    )
    SELECT {Tier.WHOLE.value}, '{BARCODE_KEYS}', record_id
    FROM (
        SELECT DISTINCT {SKU_KEY}
        FROM (SELECT {SKU_KEY} FROM items LIMIT {MAX_ITEMS_WITH_BARCODE}) AS first_items
    ) AS products
    CROSS JOIN LATERAL (
        SELECT record_id, record_created_at FROM returns_returnitem
        WHERE {SKU_KEY} = products.{SKU_KEY} AND is_first_of_sku
        ORDER BY {_NEWEST} LIMIT %(cap)s
    ) AS returned
    ORDER BY {_NEWEST} LIMIT %(cap)s)
"""
# What finds the parameter ``texts`` in the items of returns; the rows are those of the statement
# that searches returns. A SKU is on many returns, so of those the newest are found.
ITEMS = f"""
    WITH typed AS MATERIALIZED ({TYPED})
    SELECT place, coalesce(key, text), hit.*
    FROM typed CROSS JOIN LATERAL ({
    " UNION ALL ".join(
        [
            _item_branch(Tier.WHOLE, SKU_KEY, f"{SKU_KEY} = key AND is_first_of_sku", _NEWEST),
            _item_branch(Tier.WHOLE, SERIAL_KEY, f"{SERIAL_KEY} = key", "record_id DESC"),
            _item_branch(
                Tier.BEGINNING,
                SKU_KEY,
                f"{_begins(SKU_KEY, 'key')} AND {SKU_KEY} <> key AND is_first_of_sku",
                f"{SKU_KEY}, {_NEWEST}",  # the order of the index
            ),
            _item_branch(
                Tier.BEGINNING,
                SERIAL_KEY,
                f"{_begins(SERIAL_KEY, 'key')} AND {SERIAL_KEY} <> key",
                f"{SERIAL_KEY} DESC, record_id DESC",
            ),
            _item_branch(
                Tier.END,
                SERIAL_KEY,
                f"{_begins(f'reverse({SERIAL_KEY})', 'yek')} AND {SERIAL_KEY} <> key",
                f"reverse({SERIAL_KEY})",
            ),
            _BY_BARCODE,
        ]
    )
}) AS hit
"""


# The expression of the trigram index, as in its migration. The spaces keep a text from matching
# across the end of one number and the beginning of the next.
ALL_NUMBERS = " || ' ' || ".join(f"coalesce({number}, '')" for number in SEARCH_KEYS)
_WHICH = " ".join(
    f"WHEN strpos({number}, returns_search_key(%(text)s)) > 0 THEN '{number}'"
    for number in SEARCH_KEYS
)
_CONTAINS = f"{ALL_NUMBERS} LIKE '%%' || returns_search_key(%(text)s) || '%%'"

# OFFSET 0 keeps the planner from moving the outer LIMIT inwards and scanning the whole table.
MIDDLE_OF_THE_NEWEST = f"""
    SELECT returns_search_key(%(text)s), CASE {_WHICH} END, id
    FROM (
        SELECT * FROM returns_return ORDER BY created_at DESC, id DESC LIMIT {MIDDLE_SEARCH_NEWEST}
    ) AS newest
    WHERE {_CONTAINS} LIMIT %(cap)s
"""
MIDDLE = f"""
    SELECT returns_search_key(%(text)s), CASE {_WHICH} END, id
    FROM (SELECT * FROM returns_return WHERE {_CONTAINS} OFFSET 0) AS containing
    LIMIT %(cap)s
"""


def _neighbours(number: str) -> list[str]:
    """Return the queries for the numbers just before and after the text in its index.

    These share the longest beginning with it; in the index of reversed numbers, the longest end.
    """
    columns = f"SELECT '{number}', {number} AS key, id FROM returns_return WHERE"
    return [
        f"({columns} {value} {side} {typed} ORDER BY {value} {direction} LIMIT %(each)s)"
        for value, typed in [
            (number, "returns_search_key(%(text)s)"),
            (f"reverse({number})", "reverse(returns_search_key(%(text)s))"),
        ]
        for side, direction in [(">=", "ASC"), ("<", "DESC")]
    ]


NEIGHBOURS = f"""
    SELECT returns_search_key(%(text)s), near.* FROM (
        {" UNION ALL ".join(sql for number in SEARCH_KEYS for sql in _neighbours(number))}
    ) AS near
"""
