'use strict';
{
  const globals = this;
  const django = globals.django || (globals.django = {});


  django.pluralidx = function(n) {
    const v = (n > 1);
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
      "%(count)s g\u00fcn \u00f6nce",
      "%(count)s g\u00fcn \u00f6nce"
    ],
    "%(count)s h ago": "%(count)s sa. \u00f6nce",
    "%(count)s min ago": "%(count)s dk. \u00f6nce",
    "%(count)s mo ago": "%(count)s ay \u00f6nce",
    "%(count)s person to mention": [
      "Bahsedilebilecek %(count)s ki\u015fi",
      "Bahsedilebilecek %(count)s ki\u015fi"
    ],
    "%(count)s s ago": "%(count)s sn. \u00f6nce",
    "%(count)s selected": [
      "%(count)s se\u00e7ili",
      "%(count)s se\u00e7ili"
    ],
    "%(count)s selected, %(onPage)s on this page": [
      "%(count)s se\u00e7ili, %(onPage)s tanesi bu sayfada",
      "%(count)s se\u00e7ili, %(onPage)s tanesi bu sayfada"
    ],
    "%(count)s tag": [
      "%(count)s etiket",
      "%(count)s etiket"
    ],
    "%(count)s y ago": "%(count)s y\u0131l \u00f6nce",
    "Changed: %(names)s.": "De\u011fi\u015fen: %(names)s.",
    "Copied": "Kopyaland\u0131",
    "Could not copy. Select the text and copy it by hand.": "Kopyalanamad\u0131. Metni se\u00e7ip elle kopyalay\u0131n.",
    "Create \u201c%(name)s\u201d in %(group)s": "\u201c%(name)s\u201d etiketini %(group)s grubunda olu\u015ftur",
    "Discard": "Sil",
    "Nothing selected": "Se\u00e7ili iade yok",
    "People to mention": "Bahsedilebilecek ki\u015filer",
    "Restore": "Geri getir",
    "Selection cleared": "Se\u00e7im temizlendi",
    "Show the column Tags to edit tags here.": "Etiketleri burada d\u00fczenlemek i\u00e7in Etiketler s\u00fctununu g\u00f6sterin.",
    "The server could not answer. What you typed is still here.": "Sunucu yan\u0131t veremedi. Yazd\u0131klar\u0131n\u0131z h\u00e2l\u00e2 burada.",
    "The server could not be reached. What you typed is still here.": "Sunucuya ula\u015f\u0131lamad\u0131. Yazd\u0131klar\u0131n\u0131z h\u00e2l\u00e2 burada.",
    "This browser keeps no settings.": "Bu taray\u0131c\u0131 ayarlar\u0131 saklam\u0131yor.",
    "This form has text that was not sent.": "Bu formda g\u00f6nderilmemi\u015f metin var.",
    "This no longer exists. Reload the page.": "Bu \u00f6\u011fe art\u0131k yok. Sayfay\u0131 yenileyin.",
    "This search is too long. Type or paste less.": "Bu arama \u00e7ok uzun. Daha k\u0131sa bir metin yaz\u0131n veya yap\u0131\u015ft\u0131r\u0131n.",
    "Too many requests. Wait a moment, then try again.": "\u00c7ok fazla istek. Biraz bekleyip tekrar deneyin.",
    "Updated %(age)s": "%(age)s g\u00fcncellendi",
    "Written %(age)s and not sent: \u201c%(text)s\u201d": "%(age)s yaz\u0131ld\u0131, g\u00f6nderilmedi: \u201c%(text)s\u201d",
    "You don\u2019t have permission to do this. Ask your administrator.": "Bunu yapma yetkiniz yok. Sistem y\u00f6neticinize ba\u015fvurun.",
    "You may not claim returns.": "\u0130ade \u00fcstlenme izniniz yok.",
    "You may not run macros.": "Makro \u00e7al\u0131\u015ft\u0131ramazs\u0131n\u0131z.",
    "at risk, due in %(duration)s": "gecikme riski, %(duration)s kald\u0131",
    "days\u0004%(count)s d": [
      "%(count)s g\u00fcn",
      "%(count)s g\u00fcn"
    ],
    "hours\u0004%(count)s h": "%(count)s sa.",
    "in %(count)s d": [
      "%(count)s g\u00fcn sonra",
      "%(count)s g\u00fcn sonra"
    ],
    "in %(count)s h": "%(count)s sa. sonra",
    "in %(count)s min": "%(count)s dk. sonra",
    "in %(count)s mo": "%(count)s ay sonra",
    "in %(count)s y": "%(count)s y\u0131l sonra",
    "just now": "az \u00f6nce",
    "late by %(duration)s": "%(duration)s gecikmi\u015f",
    "minutes\u0004%(count)s min": "%(count)s dk.",
    "months\u0004%(count)s mo": "%(count)s ay",
    "part of the page\u0004Claim": "\u00dcstlenme",
    "part of the page\u0004Comment": "Yorum",
    "part of the page\u0004Details": "Ayr\u0131nt\u0131lar",
    "part of the page\u0004Notes": "Notlar",
    "part of the page\u0004State": "Durum",
    "part of the page\u0004Tags": "Etiketler",
    "part of the page\u0004Timeline": "Ge\u00e7mi\u015f",
    "row that has left the list\u0004%(what)s %(age)s": "%(what)s, %(age)s",
    "seconds\u0004%(count)s s": "%(count)s sn.",
    "under a minute": "1 dakikadan az",
    "years\u0004%(count)s y": "%(count)s y\u0131l"
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
    "DATETIME_FORMAT": "j M Y H:i",
    "DATETIME_INPUT_FORMATS": [
      "%d.%m.%Y %H:%M:%S",
      "%d.%m.%Y %H:%M",
      "%d/%m/%Y %H:%M:%S",
      "%d/%m/%Y %H:%M",
      "%Y-%m-%d %H:%M:%S.%f",
      "%Y-%m-%d %H:%M:%S",
      "%Y-%m-%d %H:%M",
      "%Y-%m-%d"
    ],
    "DATE_FORMAT": "j M Y",
    "DATE_INPUT_FORMATS": [
      "%d.%m.%Y",
      "%d.%m.%y",
      "%d/%m/%Y",
      "%d/%m/%y",
      "%Y-%m-%d"
    ],
    "DECIMAL_SEPARATOR": ",",
    "FIRST_DAY_OF_WEEK": 1,
    "MONTH_DAY_FORMAT": "j F",
    "NUMBER_GROUPING": 3,
    "SHORT_DATETIME_FORMAT": "j M Y H:i",
    "SHORT_DATE_FORMAT": "j M Y",
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
