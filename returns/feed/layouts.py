"""Column mappings that come with the program, for files of marketplaces, shops and carriers.

They are suggestions: a person sees each before it is used, and may change it.
"""

from returns.feed.mappings import BY_DATES, LEFT_OUT, ColumnMapping
from returns.feed.records import API_NAMES
from returns.models import State

REFERENCE, ORDER, TRACKING, CARRIER, NOTES = (
    API_NAMES[name]
    for name in (
        "return_reference_number",
        "sales_order_reference_number",
        "tracking_id",
        "cargo_carrier",
        "notes",
    )
)
CREATION, LAST_UPDATE, ARRIVAL, COMPLETION = (
    API_NAMES[name]
    for name in ("created_at", "updated_at", "arrived_to_warehouse_at", "completed_at")
)
CHANNEL = API_NAMES["sales_order_channel"]
FIRST_CLAIM = "items.0.claimItems.0"

LAYOUTS: dict[str, ColumnMapping] = {
    # One row per unit that a warehouse of Amazon received.
    "Amazon FBA customer returns": ColumnMapping(
        {
            REFERENCE: "license-plate-number",
            ORDER: "order-id",
            CREATION: "return-date",
            ARRIVAL: "return-date",
            NOTES: "customer-comments",
        },
        fixed={"state": State.ARRIVED, CHANNEL: "Amazon"},
        prefix="FBA-",
    ),
    "Amazon returns by return date": ColumnMapping(
        {
            REFERENCE: "Amazon RMA ID",
            ORDER: "Order ID",
            TRACKING: "Tracking ID",
            CARRIER: "Return carrier",
            CREATION: "Return request date",
            ARRIVAL: "Return delivery date",
            NOTES: "Return Reason",
        },
        fixed={"state": BY_DATES, CHANNEL: "Amazon"},
    ),
    "Trendyol claims": ColumnMapping(
        {
            REFERENCE: "claimId",
            ORDER: "orderNumber",
            TRACKING: "cargoTrackingNumber",
            CARRIER: "cargoProviderName",
            "state": f"{FIRST_CLAIM}.claimItemStatus.name",
            CREATION: "claimDate",
            LAST_UPDATE: "lastModifiedDate",
            ARRIVAL: "lastModifiedDate",
            COMPLETION: "lastModifiedDate",
            NOTES: f"{FIRST_CLAIM}.customerClaimItemReason.name",
        },
        fixed={CHANNEL: "Trendyol"},
        # A seller acts on a claim when the parcel has arrived.
        states={
            "Created": State.CREATED,
            "WaitingInAction": State.ARRIVED,
            "InAnalysis": State.ARRIVED,
            "WaitingFraudCheck": State.ARRIVED,
            "Unresolved": State.ARRIVED,
            "Accepted": State.COMPLETED,
            "Rejected": State.COMPLETED,
            "Cancelled": LEFT_OUT,
        },
    ),
    # It has no time of arrival, so only claims that are new can be imported as they are.
    "Hepsiburada claims": ColumnMapping(
        {
            REFERENCE: "claimNumber",
            ORDER: "orderNumber",
            "state": "status",
            CREATION: "claimDate",
            NOTES: "explanation",
        },
        fixed={CHANNEL: "Hepsiburada"},
        states={"NewRequest": State.CREATED},
    ),
    "Returns app": ColumnMapping(
        {
            REFERENCE: "RMA",
            ORDER: "Order name",
            TRACKING: "Tracking number",
            CARRIER: "Carrier",
            "state": "State",
            CREATION: "Created at",
            LAST_UPDATE: "Updated at",
            COMPLETION: "Updated at",
            NOTES: "Return comment",
        },
        states={"open": State.CREATED, "closed": State.COMPLETED},
    ),
    "Returns app, shipping report": ColumnMapping(
        {
            REFERENCE: "RMA Number",
            TRACKING: "Return Tracking Number",
            CREATION: "Created at",
        },
        fixed={"state": State.CREATED},
    ),
    # It has no time at which a return was closed.
    "RMA grid of a shop": ColumnMapping(
        {REFERENCE: "RMA#", ORDER: "Order#", "state": "Status", CREATION: "Created Date"},
        states={"Package Sent": State.CREATED, "Closed": LEFT_OUT},
    ),
    "Delivery report of a Turkish carrier": ColumnMapping(
        {
            REFERENCE: "Gönderi Kodu",
            ORDER: "Fatura Numarası",
            TRACKING: "Gönderi Kodu",
            CREATION: "Teslim Tarihi",
            ARRIVAL: "Teslim Tarihi",
        },
        fixed={"state": State.ARRIVED},
        prefix="KARGO-",
    ),
    "Returns of a Turkish shop": ColumnMapping(
        {
            REFERENCE: "İade Talep No",
            ORDER: "Sipariş No",
            CREATION: "Talep Tarihi",
            ARRIVAL: "Depo Onay Tarihi",
            NOTES: "Müşteri Yorumu",
        },
        fixed={"state": BY_DATES},
    ),
}
