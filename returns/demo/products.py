"""The products of the invented shop, of which invented returns and orders are made."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import accumulate, product
from random import Random

CATEGORIES = ("apparel", "electronics", "cosmetics", "books", "fragile")


@dataclass(frozen=True, slots=True)
class Product:
    """A product: its SKU, its name, the category, what a piece costs, and its barcode."""

    sku: str
    name: str
    category: str
    price: Decimal
    barcode: str

    @property
    def has_serial_number(self) -> bool:
        """Tell whether each piece has a number of its own."""
        return self.category == "electronics"


# Kinds of products, by the beginning of their SKU: name, and price.
GARMENTS = {
    "TS": ("T-shirt", 249),
    "SH": ("Shirt", 499),
    "JN": ("Jeans", 899),
    "DR": ("Dress", 1099),
    "SK": ("Skirt", 549),
    "HD": ("Hoodie", 799),
    "JK": ("Jacket", 1899),
    "CT": ("Coat", 2799),
    "SW": ("Sweater", 749),
    "BL": ("Blouse", 459),
    "PJ": ("Pyjamas", 599),
    "SN": ("Sneakers", 1599),
    "BT": ("Boots", 2199),
    "SD": ("Sandals", 849),
}
COLOURS = {"BLK": "black", "WHT": "white", "RED": "red", "NVY": "navy", "GRN": "green"}
SIZES = {
    "cloth": ("XS", "S", "M", "L", "XL"),
    "shoe": ("37", "38", "39", "40", "41", "42", "43", "44"),
}
SHOES = {"SN", "BT", "SD"}
DEVICES = {
    "PHONE": ("Phone", 18999),
    "LAPTOP": ("Laptop", 32999),
    "TABLET": ("Tablet", 11999),
    "HEADPH": ("Headphones", 2499),
    "WATCH": ("Smart watch", 4999),
    "SPEAKER": ("Speaker", 1799),
    "MOUSE": ("Mouse", 449),
    "KEYB": ("Keyboard", 899),
}
CARE = {
    "CREAM": ("Hand cream", 129),
    "SHAMP": ("Shampoo", 159),
    "LIPST": ("Lipstick", 219),
    "PERF": ("Perfume", 1299),
    "MASC": ("Mascara", 249),
}
TITLES = {"NOVEL": ("Novel", 189), "COOK": ("Cookbook", 349), "KIDS": ("Picture book", 159)}
BREAKABLE = {
    "GLASS": ("Set of glasses", 399),
    "MUG": ("Mug", 149),
    "LAMP": ("Table lamp", 799),
    "VASE": ("Vase", 449),
    "PLATE": ("Set of plates", 999),
}
VARIANTS = 12  # of each kind that has neither colour nor size


@cache
def catalogue() -> tuple[Product, ...]:
    """Return all products, the same at any time."""
    random = Random(7)  # noqa: S311 - repeatable, not secret
    kinds = [
        *_garments(),
        *_numbered(DEVICES, "electronics"),
        *_numbered(CARE, "cosmetics"),
        *_numbered(TITLES, "books"),
        *_numbered(BREAKABLE, "fragile"),
    ]
    return tuple(
        Product(
            sku, name, category, Decimal(price) + Decimal("0.90"), f"869{random.randrange(10**10)}"
        )
        for sku, name, category, price in kinds
    )


def _garments() -> list[tuple[str, str, str, int]]:
    return [
        (f"{kind}-{colour}-{size}", f"{name}, {COLOURS[colour]}, {size}", "apparel", price)
        for kind, (name, price) in GARMENTS.items()
        for colour, size in product(COLOURS, SIZES["shoe" if kind in SHOES else "cloth"])
    ]


def _numbered(kinds: dict[str, tuple[str, int]], category: str) -> list[tuple[str, str, str, int]]:
    return [
        (f"{kind}-{number:03}", f"{name} {number}", category, price + 20 * number)
        for kind, (name, price) in kinds.items()
        for number in range(1, VARIANTS + 1)
    ]


class Assortment:
    """Draws products: a few of each category are bought much more often than the others."""

    def __init__(self) -> None:
        self._products: dict[str, list[Product]] = {name: [] for name in CATEGORIES}
        for each in catalogue():
            self._products[each.category].append(each)
        self._weights = {
            name: list(accumulate(1 / (place + 3) for place in range(len(some))))
            for name, some in self._products.items()
        }

    def draw(self, random: Random, category: str, count: int) -> list[Product]:
        """Return so many products of a category; any product if it has none of its own."""
        name = category if category in self._products else "apparel"
        return random.choices(self._products[name], cum_weights=self._weights[name], k=count)
