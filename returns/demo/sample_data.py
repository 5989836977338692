"""The parts of which invented returns are made, and how common each is."""

from collections.abc import Callable
from random import Random

Weighted = list[tuple[str, int]]

CARRIER_WEIGHTS: Weighted = [
    ("Yurtiçi Kargo", 26),
    ("Trendyol Express", 22),
    ("Aras Kargo", 16),
    ("MNG Kargo", 11),
    ("HepsiJet", 9),
    ("Sürat Kargo", 6),
    ("UPS", 5),
    ("FedEx", 3),
    ("DHL", 2),
]

# How the WMS spells some of them now and then.
OTHER_SPELLINGS: dict[str, tuple[str, ...]] = {
    "Yurtiçi Kargo": ("YURTICI KARGO", "Yurtiçi"),
    "Aras Kargo": ("ARAS",),
    "Sürat Kargo": ("Surat Kargo", "SÜRAT"),
}

CHANNEL_WEIGHTS: Weighted = [
    ("Trendyol", 42),
    ("Hepsiburada", 20),
    ("Web shop", 20),
    ("Amazon.com.tr", 8),
    ("Amazon.de", 6),
    ("N11", 4),
]

# The format of each carrier's tracking IDs.
TRACKING_IDS: dict[str, Callable[[Random], str]] = {
    "Yurtiçi Kargo": lambda r: f"12014504146{r.randrange(10**23):023}",
    "Trendyol Express": lambda r: f"73400{r.randrange(10**11):011}",
    "Aras Kargo": lambda r: f"{r.randrange(2 * 10**12, 4 * 10**12)}",
    "MNG Kargo": lambda r: f"MNG-{r.randrange(10**7, 10**8)}",
    "HepsiJet": lambda r: f"HJ{r.randrange(10**10):010}",
    "Sürat Kargo": lambda r: f"{r.randrange(7 * 10**12, 8 * 10**12)}",
    "UPS": lambda r: f"1Z{r.randrange(36**2, 10**6):06X}{r.randrange(10**10):010}",
    "FedEx": lambda r: f"{r.randrange(3 * 10**11, 9 * 10**11)}",
    "DHL": lambda r: f"JD0146{r.randrange(10**14):014}",
}

ORDER_REFERENCES: dict[str, Callable[[Random], str]] = {
    "Trendyol": lambda r: f"TY{r.randrange(10**10, 12 * 10**9)}",
    "Hepsiburada": lambda r: f"HB-{r.randrange(10**6, 10**7)}",
    "Web shop": lambda r: f"RSO{r.randrange(100_400_000, 101_900_000)}",
    "Amazon.com.tr": lambda r: f"408-{r.randrange(10**7):07}-{r.randrange(10**7):07}",
    "Amazon.de": lambda r: f"302-{r.randrange(10**7):07}-{r.randrange(10**7):07}",
    "N11": lambda r: f"N11-{r.randrange(10**8, 10**9)}",
}

# Return reasons; "" if no reason is given.
REASON_WEIGHTS: Weighted = [
    ("wrong-size", 27),
    ("customer-change", 20),
    ("", 30),
    ("defective", 9),
    ("damaged-shipping", 7),
    ("customer-dissatisfaction", 7),
    ("damaged", 6),
    ("defective-product", 4),
]

TURKISH_NOTES: dict[str, list[str]] = {
    "wrong-size": [
        "Beden küçük geldi",
        "Bir beden büyüğü isteniyor",
        "Kalıbı dar, iade",
        "42 yerine 40 gönderilmiş",
    ],
    "customer-change": ["Müşteri vazgeçti", "Fikrini değiştirmiş", "Başka yerden aldım", "Cayma"],
    "defective": ["Ürün çalışmıyor", "Şarj olmuyor", "Fermuarı bozuk", "Ekranda ölü piksel var"],
    "defective-product": ["Üretim hatası, dikişi sökük", "Kusurlu ürün"],
    "damaged": ["Ürün kırık çıktı", "Çizik var", "Kapağı çatlamış"],
    "damaged-shipping": ["Koli ezilmiş, ürün hasarlı", "Kargoda hasar görmüş, tutanak var"],
    "customer-dissatisfaction": ["Rengi fotoğraftaki gibi değil", "Kumaşını beğenmedi"],
    "": ["Değişim talep ediliyor", "Fatura kolide yok", "Adreste bulunamadı"],
}
ENGLISH_NOTES: dict[str, list[str]] = {
    "wrong-size": ["Too small, wants one size up", "Too long in the sleeves"],
    "customer-change": ["Customer changed their mind", "Ordered twice by mistake"],
    "defective": ["Does not switch on", "Battery empties within an hour"],
    "defective-product": ["Seam came apart at first wear", "One button was never sewn on"],
    "damaged": ["Glass broken on opening", "Scratched lid"],
    "damaged-shipping": ["Box crushed, corner of the product dented"],
    "customer-dissatisfaction": ["Colour is not as pictured", "Feels cheaper than expected"],
    "": ["No slip in the parcel", "Exchange wanted"],
}
GERMAN_NOTES: dict[str, list[str]] = {
    "wrong-size": ["Fällt zu klein aus", "Eine Größe größer gewünscht"],
    "customer-change": ["Gefällt doch nicht", "Doppelt bestellt"],
    "defective": ["Gerät lädt nicht", "Reißverschluss klemmt"],
    "defective-product": ["Naht offen, vermutlich Produktionsfehler"],
    "damaged": ["Glas zerbrochen", "Kratzer auf der Rückseite"],
    "damaged-shipping": ["Karton durchnässt, Inhalt beschädigt"],
    "customer-dissatisfaction": ["Farbe weicht vom Foto ab"],
    "": ["Ohne Retourenschein", "Rücksendung ohne Angabe von Gründen"],
}
LANGUAGE_WEIGHTS: list[tuple[dict[str, list[str]], int]] = [
    (TURKISH_NOTES, 66),
    (ENGLISH_NOTES, 22),
    (GERMAN_NOTES, 12),
]

CATEGORY_WEIGHTS: Weighted = [
    ("", 64),
    ("apparel", 20),
    ("electronics", 9),
    ("cosmetics", 6),
    ("books", 3),
    ("fragile", 2),
    ("fragile-item", 1),
    ("bulk-return", 1),
]
PRIORITY_WEIGHTS: Weighted = [
    ("", 178),
    ("standard", 8),
    ("vip-customer", 5),
    ("urgent-refund", 4),
    ("priority-return", 3),
    ("high-value", 2),
]
PROCESS_WEIGHTS: Weighted = [
    ("", 82),
    ("refund-pending", 6),
    ("refund-approved", 4),
    ("exchange-requested", 3),
    ("quality-check-required", 3),
    ("investigate", 1),
    ("exchange-pending", 1),
]
ANALYSIS_WEIGHTS: Weighted = [
    ("", 180),
    ("promotion-related", 9),
    ("seasonal-return", 7),
    ("frequent-returner", 4),
]
