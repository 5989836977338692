"""The carriers of the demo, with their public tracking pages."""

from returns.carriers.editing import add_carrier
from returns.demo.sample_data import OTHER_SPELLINGS
from returns.models import Carrier

TRACKING_ADDRESSES = {
    "Yurtiçi Kargo": (
        "https://www.yurticikargo.com/tr/online-servisler/gonderi-sorgula?code={tracking}"
    ),
    "Trendyol Express": "https://www.trendyolexpress.com/gonderi-takip?code={tracking}",
    "Aras Kargo": "https://kargotakip.araskargo.com.tr/mainpage.aspx?code={tracking}",
    "MNG Kargo": "https://kargotakip.mngkargo.com.tr/?takipNo={tracking}",
    "HepsiJet": "https://www.hepsijet.com/gonderi-takibi/{tracking}",
    "Sürat Kargo": "https://www.suratkargo.com.tr/KargoTakip/?kargotakipno={tracking}",
    "UPS": "https://www.ups.com/track?tracknum={tracking}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={tracking}",
    "DHL": "https://www.dhl.com/tr-en/home/tracking.html?tracking-id={tracking}",
}


def set_up_carriers() -> None:
    """Create the demo's carriers, unless there are carriers already."""
    if Carrier.objects.exists():
        return
    for name, address in TRACKING_ADDRESSES.items():
        add_carrier(name, address, OTHER_SPELLINGS.get(name, ()))
