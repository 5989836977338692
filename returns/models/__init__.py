"""The models: returns, tags, comments, orders, the feed, and what people configure.

django-pghistory adds ``ReturnEvent``, ``ReturnTagEvent`` and ``CommentEvent``, which the database
writes itself.
"""

from returns.models.accepted import AcceptedRecord
from returns.models.access import AccessEvent, AccessKind, Deactivation, TokenUse
from returns.models.carriers import (
    TRACKING_PLACE,
    Carrier,
    CarrierSpelling,
    carrier_key,
)
from returns.models.changes import Change
from returns.models.claims import Claim, ClaimEnd
from returns.models.comments import COMMENT_LENGTH, CONTROL_CHARACTERS, Comment
from returns.models.deadlines import (
    MAX_DEADLINE_AMOUNTS,
    Deadline,
    DeadlinePolicy,
    Unit,
    WorkingCalendar,
)
from returns.models.deleted import DeletedEntry, DeletedReturn
from returns.models.exports import Export, ExportPart, FileFormat, Progress
from returns.models.feed import (
    Fate,
    FeedRun,
    Outcome,
    RejectedRecord,
    RemoteAbility,
    Upload,
    Way,
)
from returns.models.follow_ups import MAX_WHY_LENGTH, FollowUp, FollowUpMoment
from returns.models.heartbeats import Heartbeat, Loop
from returns.models.last_changes import LastChange
from returns.models.line_items import DamagedState, ItemState, LineItem
from returns.models.locks import HeldLock
from returns.models.macros import MAX_MACRO_NAME_LENGTH, Macro, MacroEffect, MacroRun
from returns.models.mappings import SavedMapping
from returns.models.matches import MatchedReturn
from returns.models.notices import Notice, NoticeKind
from returns.models.occasions import (
    CHANNELS_TO_READ,
    OWN_CHANNELS,
    TEST_TYPE,
    Channel,
    EventType,
    Occasion,
    OccasionType,
)
from returns.models.orders import OrderRequest, OrderState, SalesOrder, SalesOrderItem
from returns.models.outgoing import (
    Delivery,
    DeliveryStatus,
    OutgoingEvent,
    Subscription,
    ToldMoment,
)
from returns.models.people import Density, Person, Preferences, StartPage, Theme
from returns.models.presence import Presence
from returns.models.problems import SharedTracking
from returns.models.redactions import RedactedKind, Redaction
from returns.models.requests import ItemRequest
from returns.models.retention import Retention
from returns.models.return_items import ReturnItem
from returns.models.return_tags import ReturnTag
from returns.models.returns import Return
from returns.models.rules import Moment, RuleEvent, TagRule
from returns.models.run_changes import Kept, RunChange, RunUndo
from returns.models.saved_views import SavedView
from returns.models.scans import Scan, Verdict
from returns.models.sentences import Language, ShopperSentence
from returns.models.sessions import MAX_BROWSER_LENGTH, BrowserSession, PasswordReset
from returns.models.states import State
from returns.models.summaries import (
    CountedReturn,
    CountedTags,
    DaySummary,
    DeadlineDay,
    Dimension,
    ItemDay,
    JudgedKind,
    SummaryState,
    TagPairDay,
    UncountedReturn,
)
from returns.models.tokens import ApiCalls, ApiToken, Scope
from returns.models.values import ReturnValue

__all__ = [
    "CHANNELS_TO_READ",
    "COMMENT_LENGTH",
    "CONTROL_CHARACTERS",
    "MAX_BROWSER_LENGTH",
    "MAX_DEADLINE_AMOUNTS",
    "MAX_MACRO_NAME_LENGTH",
    "MAX_WHY_LENGTH",
    "OWN_CHANNELS",
    "TEST_TYPE",
    "TRACKING_PLACE",
    "AcceptedRecord",
    "AccessEvent",
    "AccessKind",
    "ApiCalls",
    "ApiToken",
    "BrowserSession",
    "Carrier",
    "CarrierSpelling",
    "Change",
    "Channel",
    "Claim",
    "ClaimEnd",
    "Comment",
    "CountedReturn",
    "CountedTags",
    "DamagedState",
    "DaySummary",
    "Deactivation",
    "Deadline",
    "DeadlineDay",
    "DeadlinePolicy",
    "DeletedEntry",
    "DeletedReturn",
    "Delivery",
    "DeliveryStatus",
    "Density",
    "Dimension",
    "EventType",
    "Export",
    "ExportPart",
    "Fate",
    "FeedRun",
    "FileFormat",
    "FollowUp",
    "FollowUpMoment",
    "Heartbeat",
    "HeldLock",
    "ItemDay",
    "ItemRequest",
    "ItemState",
    "JudgedKind",
    "Kept",
    "Language",
    "LastChange",
    "LineItem",
    "Loop",
    "Macro",
    "MacroEffect",
    "MacroRun",
    "MatchedReturn",
    "Moment",
    "Notice",
    "NoticeKind",
    "Occasion",
    "OccasionType",
    "OrderRequest",
    "OrderState",
    "Outcome",
    "OutgoingEvent",
    "PasswordReset",
    "Person",
    "Preferences",
    "Presence",
    "Progress",
    "RedactedKind",
    "Redaction",
    "RejectedRecord",
    "RemoteAbility",
    "Retention",
    "Return",
    "ReturnItem",
    "ReturnTag",
    "ReturnValue",
    "RuleEvent",
    "RunChange",
    "RunUndo",
    "SalesOrder",
    "SalesOrderItem",
    "SavedMapping",
    "SavedView",
    "Scan",
    "Scope",
    "SharedTracking",
    "ShopperSentence",
    "StartPage",
    "State",
    "Subscription",
    "SummaryState",
    "TagPairDay",
    "TagRule",
    "Theme",
    "TokenUse",
    "ToldMoment",
    "UncountedReturn",
    "Unit",
    "Upload",
    "Verdict",
    "Way",
    "WorkingCalendar",
    "carrier_key",
]
