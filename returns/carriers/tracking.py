"""The page of a carrier about a parcel."""

from dataclasses import dataclass
from urllib.parse import quote

from returns.models import TRACKING_PLACE, Carrier


@dataclass(frozen=True, slots=True)
class TrackingLink:
    """The address of the page about a parcel, and the name of its carrier."""

    address: str
    carrier: str


def tracking_link(carrier_text: str, tracking_id: str) -> TrackingLink | None:
    """Return the link of a tracking ID; None if its carrier is unknown or has no address.

    The tracking ID comes from outside: it is percent-encoded as a whole, so that it cannot become
    another part of the address.
    """
    if not carrier_text or not tracking_id:
        return None
    carrier = Carrier.objects.meant_by(carrier_text).exclude(tracking_address="").first()
    if carrier is None:
        return None
    address = carrier.tracking_address.replace(TRACKING_PLACE, quote(tracking_id, safe=""))
    return TrackingLink(address, carrier.name)
