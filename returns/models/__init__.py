"""What is stored: returns, their tags, comments, and what people chose.

django-pghistory adds ``ReturnEvent``, ``ReturnTagEvent`` and ``CommentEvent``, the database's own
timeline.
"""

from returns.models.changes import Change
from returns.models.comments import COMMENT_LENGTH, CONTROL_CHARACTERS, Comment
from returns.models.deadlines import MOST, Deadline, DeadlinePolicy, Unit, WorkingCalendar
from returns.models.exports import Export, ExportPart, Progress
from returns.models.feed import Fate, FeedRun, Outcome, RejectedRecord, Upload, Way
from returns.models.people import Density, Preferences
from returns.models.problems import SharedTracking
from returns.models.returns import Return, ReturnTag, State
from returns.models.rules import Moment, RuleEvent, TagRule
from returns.models.saved_views import SavedView
from returns.models.sentences import Language, ShopperSentence
from returns.models.summaries import (
    By,
    CountedReturn,
    CountedTags,
    DaySummary,
    DeadlineDay,
    JudgedKind,
    SummaryState,
    TagPairDay,
    UncountedReturn,
)
from returns.models.tokens import ApiCalls, ApiToken, Scope

__all__ = [
    "COMMENT_LENGTH",
    "CONTROL_CHARACTERS",
    "MOST",
    "ApiCalls",
    "ApiToken",
    "By",
    "Change",
    "Comment",
    "CountedReturn",
    "CountedTags",
    "DaySummary",
    "Deadline",
    "DeadlineDay",
    "DeadlinePolicy",
    "Density",
    "Export",
    "ExportPart",
    "Fate",
    "FeedRun",
    "JudgedKind",
    "Language",
    "Moment",
    "Outcome",
    "Preferences",
    "Progress",
    "RejectedRecord",
    "Return",
    "ReturnTag",
    "RuleEvent",
    "SavedView",
    "Scope",
    "SharedTracking",
    "ShopperSentence",
    "State",
    "SummaryState",
    "TagPairDay",
    "TagRule",
    "UncountedReturn",
    "Unit",
    "Upload",
    "Way",
    "WorkingCalendar",
]
