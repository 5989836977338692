'use strict';
{
  const globals = this;
  const django = globals.django || (globals.django = {});


  django.pluralidx = function(n) {
    const v = (n != 1);
    if (typeof v === 'boolean') {
      return v ? 1 : 0;
    } else {
      return v;
    }
  };


  /* gettext library */

  django.catalog = django.catalog || {};

  const newcatalog = {
    "%(count)s d ago": [
      "vor %(count)s Tag",
      "vor %(count)s Tagen"
    ],
    "%(count)s h ago": "vor %(count)s Std.",
    "%(count)s min ago": "vor %(count)s Min.",
    "%(count)s mo ago": "vor %(count)s Mon.",
    "%(count)s person to mention": [
      "%(count)s Person zum Erw\u00e4hnen",
      "%(count)s Personen zum Erw\u00e4hnen"
    ],
    "%(count)s s ago": "vor %(count)s Sek.",
    "%(count)s selected": [
      "%(count)s ausgew\u00e4hlt",
      "%(count)s ausgew\u00e4hlt"
    ],
    "%(count)s selected, %(onPage)s on this page": [
      "%(count)s ausgew\u00e4hlt, %(onPage)s auf dieser Seite",
      "%(count)s ausgew\u00e4hlt, %(onPage)s auf dieser Seite"
    ],
    "%(count)s tag": [
      "%(count)s Etikett",
      "%(count)s Etiketten"
    ],
    "%(count)s y ago": "vor %(count)s J.",
    "Changed: %(names)s.": "Ge\u00e4ndert: %(names)s.",
    "Copied": "Kopiert",
    "Could not copy. Select the text and copy it by hand.": "Kopieren nicht m\u00f6glich. Markieren Sie den Text und kopieren Sie ihn von Hand.",
    "Create \u201c%(name)s\u201d in %(group)s": "\u201e%(name)s\u201c in %(group)s anlegen",
    "Discard": "Verwerfen",
    "Nothing selected": "Nichts ausgew\u00e4hlt",
    "People to mention": "Personen zum Erw\u00e4hnen",
    "Restore": "Wiederherstellen",
    "Selection cleared": "Auswahl aufgehoben",
    "Show the column Tags to edit tags here.": "Blenden Sie die Spalte \u201eEtiketten\u201c ein, um hier Etiketten zu bearbeiten.",
    "The server could not answer. What you typed is still here.": "Der Server konnte nicht antworten. Ihre Eingabe ist noch da.",
    "The server could not be reached. What you typed is still here.": "Der Server war nicht erreichbar. Ihre Eingabe ist noch da.",
    "This browser keeps no settings.": "Dieser Browser speichert keine Einstellungen.",
    "This form has text that was not sent.": "Dieses Formular enth\u00e4lt Text, der nicht gesendet wurde.",
    "This no longer exists. Reload the page.": "Das gibt es nicht mehr. Laden Sie die Seite neu.",
    "This search is too long. Type or paste less.": "Diese Suche ist zu lang. Geben oder f\u00fcgen Sie weniger ein.",
    "Too many requests. Wait a moment, then try again.": "Zu viele Anfragen. Warten Sie einen Moment und versuchen Sie es dann erneut.",
    "Updated %(age)s": "Aktualisiert %(age)s",
    "Written %(age)s and not sent: \u201c%(text)s\u201d": "Geschrieben %(age)s und nicht gesendet: \u201e%(text)s\u201c",
    "You don\u2019t have permission to do this. Ask your administrator.": "Daf\u00fcr fehlt Ihnen die Berechtigung. Fragen Sie Ihren Administrator.",
    "You may not claim returns.": "Sie d\u00fcrfen keine Retouren \u00fcbernehmen.",
    "You may not run macros.": "Sie d\u00fcrfen keine Makros ausf\u00fchren.",
    "at risk, due in %(duration)s": "gef\u00e4hrdet, noch %(duration)s",
    "days\u0004%(count)s d": [
      "%(count)s Tag",
      "%(count)s Tage"
    ],
    "hours\u0004%(count)s h": "%(count)s Std.",
    "in %(count)s d": [
      "in %(count)s Tag",
      "in %(count)s Tagen"
    ],
    "in %(count)s h": "in %(count)s Std.",
    "in %(count)s min": "in %(count)s Min.",
    "in %(count)s mo": "in %(count)s Mon.",
    "in %(count)s y": "in %(count)s J.",
    "just now": "gerade eben",
    "late by %(duration)s": "%(duration)s \u00fcberf\u00e4llig",
    "minutes\u0004%(count)s min": "%(count)s Min.",
    "months\u0004%(count)s mo": "%(count)s Mon.",
    "part of the page\u0004Claim": "\u00dcbernahme",
    "part of the page\u0004Comment": "Kommentar",
    "part of the page\u0004Details": "Details",
    "part of the page\u0004Notes": "Notizen",
    "part of the page\u0004State": "Status",
    "part of the page\u0004Tags": "Etiketten",
    "part of the page\u0004Timeline": "Verlauf",
    "row that has left the list\u0004%(what)s %(age)s": "%(what)s %(age)s",
    "seconds\u0004%(count)s s": "%(count)s Sek.",
    "under a minute": "unter 1 Minute",
    "years\u0004%(count)s y": "%(count)s J."
  };
  for (const key in newcatalog) {
    django.catalog[key] = newcatalog[key];
  }


  if (!django.jsi18n_initialized) {
    django.gettext = function(msgid) {
      const value = django.catalog[msgid];
      if (typeof value === 'undefined') {
        return msgid;
      } else {
        return (typeof value === 'string') ? value : value[0];
      }
    };

    django.ngettext = function(singular, plural, count) {
      const value = django.catalog[singular];
      if (typeof value === 'undefined') {
        return (count == 1) ? singular : plural;
      } else {
        return value.constructor === Array ? value[django.pluralidx(count)] : value;
      }
    };

    django.gettext_noop = function(msgid) { return msgid; };

    django.pgettext = function(context, msgid) {
      let value = django.gettext(context + '\x04' + msgid);
      if (value.includes('\x04')) {
        value = msgid;
      }
      return value;
    };

    django.npgettext = function(context, singular, plural, count) {
      let value = django.ngettext(context + '\x04' + singular, context + '\x04' + plural, count);
      if (value.includes('\x04')) {
        value = django.ngettext(singular, plural, count);
      }
      return value;
    };

    django.interpolate = function(fmt, obj, named) {
      if (named) {
        return fmt.replace(/%\(\w+\)s/g, function(match){return String(obj[match.slice(2,-2)])});
      } else {
        return fmt.replace(/%s/g, function(match){return String(obj.shift())});
      }
    };


    /* formatting library */

    django.formats = {
    "DATETIME_FORMAT": "j. M Y, H:i",
    "DATETIME_INPUT_FORMATS": [
      "%d.%m.%Y %H:%M:%S",
      "%d.%m.%Y %H:%M",
      "%d.%m.%Y, %H:%M:%S",
      "%d.%m.%Y, %H:%M",
      "%Y-%m-%d %H:%M:%S.%f",
      "%Y-%m-%d %H:%M:%S",
      "%Y-%m-%d %H:%M",
      "%Y-%m-%d"
    ],
    "DATE_FORMAT": "j. M Y",
    "DATE_INPUT_FORMATS": [
      "%d.%m.%Y",
      "%d.%m.%y",
      "%d/%m/%Y",
      "%Y-%m-%d"
    ],
    "DECIMAL_SEPARATOR": ",",
    "FIRST_DAY_OF_WEEK": 1,
    "MONTH_DAY_FORMAT": "j. F",
    "NUMBER_GROUPING": 3,
    "SHORT_DATETIME_FORMAT": "j. M Y, H:i",
    "SHORT_DATE_FORMAT": "j. M Y",
    "THOUSAND_SEPARATOR": ".",
    "TIME_FORMAT": "H:i",
    "TIME_INPUT_FORMATS": [
      "%H:%M:%S",
      "%H:%M:%S.%f",
      "%H:%M"
    ],
    "YEAR_MONTH_FORMAT": "F Y"
  };

    django.get_format = function(format_type) {
      const value = django.formats[format_type];
      if (typeof value === 'undefined') {
        return format_type;
      } else {
        return value;
      }
    };

    /* add to global namespace */
    globals.pluralidx = django.pluralidx;
    globals.gettext = django.gettext;
    globals.ngettext = django.ngettext;
    globals.gettext_noop = django.gettext_noop;
    globals.pgettext = django.pgettext;
    globals.npgettext = django.npgettext;
    globals.interpolate = django.interpolate;
    globals.get_format = django.get_format;

    django.jsi18n_initialized = true;
  }
};
