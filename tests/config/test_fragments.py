"""Parts of pages that are kept are those of the page that shows them."""

import pytest
from django.template import engines
from django.utils.translation import override

from config.fragments import kept
from returns.filters.query import Query
from returns.lists.page import return_list
from tests.factories import make_tag

pytestmark = pytest.mark.django_db
MENUS = {"lists/tag_menu.html": "tag_groups", "lists/more_menu.html": "more_sections"}
QUERIES = (
    *("", "tag=books&tag_none=damaged", "missing_group=Reason", "carrier=A%26B&waiting_over=24"),
    *("missing=carrier", "sku=%3Cb%3E", "claimed=me", "created_from=2026-11-28"),
)


@pytest.mark.usefixtures("vocabulary")
@pytest.mark.parametrize("template_name", MENUS)
def test_a_kept_menu_is_what_it_would_be_anew(template_name):
    for _ in range(2):
        for language in ("en", "de", "tr"):
            with override(language):
                for query in QUERIES:
                    parts = getattr(return_list(Query.parse(query)), MENUS[template_name])
                    anew = engines["django"].get_template(template_name).render({"parts": parts})
                    assert kept(template_name, parts) == anew


def test_a_kept_menu_follows_the_vocabulary():
    def menu() -> str:
        return kept("lists/tag_menu.html", return_list(Query.parse("")).tag_groups)

    make_tag("before")
    assert "before" in menu()
    make_tag("<after>")
    assert "&lt;after&gt;" in menu()


def test_a_kept_menu_is_in_the_language_of_its_reader():
    """Also if all that it shows has the same name in every language."""
    make_tag("own")
    parts, menus = return_list(Query.parse("")).tag_groups, set()
    for language in ("en", "de", "tr"):
        with override(language):
            menus.add(kept("lists/tag_menu.html", parts))
    assert len(menus) == 3
