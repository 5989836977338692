"""Writing carriers by programs; admins write them in Django admin."""

from collections.abc import Iterable

from django.db import transaction

from returns.carriers.meaning import carrier_keys, carriers_by_key
from returns.models import Carrier, CarrierSpelling


@transaction.atomic
def add_carrier(name: str, tracking_address: str, spellings: Iterable[str]) -> Carrier:
    """Add a carrier with its spellings."""
    carrier = Carrier(name=name, tracking_address=tracking_address)
    carrier.full_clean()
    carrier.save()
    for text in spellings:
        add_spelling(carrier, text)
    return carrier


def add_spelling(carrier: Carrier, text: str) -> bool:
    """Let a text mean a carrier, unless it means one already; tell whether it was added."""
    (key,) = carrier_keys([text])
    if key in carriers_by_key([key]):
        return False
    CarrierSpelling.objects.create(carrier=carrier, text=text)
    return True
