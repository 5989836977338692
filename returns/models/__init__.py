"""What is stored: returns, their tags, and what people chose.

django-pghistory adds ``ReturnEvent`` and ``ReturnTagEvent``, the database's own timeline.
"""

from returns.models.people import Density, Preferences
from returns.models.returns import Return, ReturnTag, State
from returns.models.saved_views import SavedView

__all__ = ["Density", "Preferences", "Return", "ReturnTag", "SavedView", "State"]
