"""Names of public holidays that the library ``holidays`` does not have in all of our languages.

Those of Turkey are missing in German, and those of Germany in Turkish.
"""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

ESTIMATED_SUFFIX = " (estimated)"
ESTIMATED = gettext_noop("%(holiday)s (estimated)")

# By the library's English names.
HOLIDAY_NAMES = {
    "New Year's Day": _("New Year's Day"),
    "National Sovereignty and Children's Day": _("National Sovereignty and Children's Day"),
    "Labor and Solidarity Day": _("Labor and Solidarity Day"),
    "Commemoration of Atatürk, Youth and Sports Day": _(
        "Commemoration of Atatürk, Youth and Sports Day"
    ),
    "Democracy and National Unity Day": _("Democracy and National Unity Day"),
    "Victory Day": _("Victory Day"),
    "Republic Day": _("Republic Day"),
    "Eid al-Fitr": _("Eid al-Fitr"),
    "Eid al-Adha": _("Eid al-Adha"),
    "Good Friday": _("Good Friday"),
    "Easter Monday": _("Easter Monday"),
    "Labor Day": _("Labor Day"),
    "Ascension Day": _("Ascension Day"),
    "Pentecost Monday": _("Pentecost Monday"),
    "German Unity Day": _("German Unity Day"),
    "Christmas Day": _("Christmas Day"),
    "Second Day of Christmas": _("Second Day of Christmas"),
}
