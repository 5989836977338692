"""What is stored: returns, their tags, and what people chose.

django-pghistory adds ``ReturnEvent`` and ``ReturnTagEvent``, the database's own timeline.
"""

from returns.models.people import Density, Preferences
from returns.models.returns import Return, ReturnTag, State
from returns.models.saved_views import SavedView
from returns.models.sentences import Language, ShopperSentence

__all__ = [
    "Density",
    "Language",
    "Preferences",
    "Return",
    "ReturnTag",
    "SavedView",
    "ShopperSentence",
    "State",
]
