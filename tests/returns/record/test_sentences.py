"""The sentences for shoppers: whole in three languages, and safe in the hands of managers."""

from datetime import UTC, datetime

import pytest

from config.versions import version_of
from returns.models import Language, Return, ShopperSentence, State
from returns.record.sentences import fill, problems_of, shopper_texts
from returns.record.shipped_sentences import SHIPPED_TEXTS
from tests.factories import make_return

pytestmark = pytest.mark.django_db

LATE = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)  # the 23rd at the warehouse
PATH = "/sentences/ArrivedToWarehouse/en/"


@pytest.fixture
def record() -> Return:
    return make_return(
        "Return-14844",
        sales_order_reference_number="RSO100490909",
        tracking_id="315045706115",
        state=State.ARRIVED,
        created_at=LATE,
        arrived_to_warehouse_at=LATE,
    )


def post_text(client, text="", version="", **sent):
    return client.post(PATH, {"text": text, "version": version, **sent})


# The texts


@pytest.mark.parametrize(("language", "day"), [("tr", "23 Kasım 2026"), ("en", "23 November 2026")])
def test_dates_are_in_the_language_and_the_zone_of_the_warehouse(record, language, day):
    text = fill("{reference} {arrived}", record, Language(language))
    assert text == f"Return-14844 {day}"


def test_a_german_date_has_its_dot(record):
    assert fill("am {arrived}", record, Language.GERMAN) == "am 23. November 2026"


@pytest.mark.parametrize("place", SHIPPED_TEXTS)
@pytest.mark.parametrize("missing", [False, True])
def test_no_shipped_sentence_has_a_gap(place, missing):
    state, language = place
    numbers = {} if missing else {"sales_order_reference_number": "RSO1", "tracking_id": "777"}
    record = Return(
        return_reference_number="Return-1",
        created_at=LATE,
        state=state,
        arrived_to_warehouse_at=LATE if state == State.ARRIVED else None,
        completed_at=LATE if state == State.COMPLETED else None,
        **numbers,
    )
    text = fill(SHIPPED_TEXTS[place], record, language)
    assert "Return-1" in text
    assert ("RSO1" in text) != missing
    assert not {"{", "}", "[", "]"} & set(text)
    assert "None" not in text
    assert "  " not in text
    assert " ." not in text


@pytest.mark.parametrize("place", SHIPPED_TEXTS)
def test_every_shipped_sentence_keeps_the_rules_for_managers(place):
    assert problems_of(SHIPPED_TEXTS[place], place[0]) == []


def test_a_number_that_looks_like_a_placeholder_stays_as_it_is(record):
    record.tracking_id = "{order}[x]"
    assert fill("[{tracking}]", record, Language.ENGLISH) == "{order}[x]"


def test_the_language_of_the_person_comes_first(record, as_agent):
    assert [text.language for text in shopper_texts(record, "de")] == ["de", "tr", "en"]
    answer = as_agent.post(
        "/sentences/language/", {"language": "de", "next": record.get_absolute_url()}
    )
    page = as_agent.get(answer["Location"]).text
    assert page.index("Guten Tag") < page.index("Merhaba")


@pytest.mark.parametrize("sent", [{"language": "xx"}, {}, {"language": "en", "next": "//evil"}])
def test_a_strange_choice_of_language_does_no_harm(as_agent, sent):
    assert as_agent.post("/sentences/language/", sent)["Location"] == "/"


def test_the_page_of_a_return_says_it_and_copies_it(as_agent, record):
    page = as_agent.get(record.get_absolute_url()).text
    turkish = fill(SHIPPED_TEXTS[State.ARRIVED, Language.TURKISH], record, Language.TURKISH)
    assert f'<p lang="tr">{turkish}</p>' in page
    assert f'data-copy="{turkish}"' in page
    assert "Arrived at the warehouse " in page


# Changing


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Enter a text."),
        ("x" * 601, "A sentence can have up to 600 characters; this one has 601."),
        ("{reference} {trackng}", "There is no placeholder {trackng}. Did you mean {tracking}?"),
        ("{reference} {price}", "There is no placeholder {price}."),
        (
            "{tracking}",
            "{tracking} may have no value: put it and the words around it in [square brackets]",
        ),
        ("{completed}", "{completed} may have no value"),
        ("[x [y]]", "A square bracket is not closed"),
        ("x] [", "A square bracket is not closed"),
        ("{order", "A curly bracket is not closed"),
    ],
)
def test_a_text_with_problems_is_rejected_and_stays_in_its_box(as_manager, text, message):
    answer = post_text(as_manager, text)
    assert answer.status_code == 422
    (entry,) = [e for e in answer.context["entries"] if e.problems]
    assert message in " ".join(entry.problems)
    assert entry.typed == text
    assert not ShopperSentence.objects.exists()


def test_a_manager_changes_and_restores_a_sentence(as_manager, manager, record):
    assert post_text(as_manager, "Hi, {reference}\n is here.").status_code == 302
    row = ShopperSentence.objects.get()
    assert (row.text, row.changed_by) == ("Hi, {reference} is here.", manager)
    assert shopper_texts(record, "en")[0].text == "Hi, Return-14844 is here."
    assert post_text(as_manager, version=version_of(row.changed_at), restore="").status_code == 302
    assert shopper_texts(record, "en")[0].text.startswith("Hello, your return Return-14844")


def test_the_second_of_two_managers_is_told_and_keeps_their_text(as_manager, as_admin):
    post_text(as_admin, "The first one, {reference}")
    answer = post_text(as_manager, "The second one, {reference}")
    assert answer.status_code == 422
    assert "Somebody changed this sentence meanwhile" in answer.text
    assert "The second one, {reference}</textarea>" in answer.text
    assert ShopperSentence.objects.get().text == "The first one, {reference}"
    (entry,) = [e for e in answer.context["entries"] if e.problems]
    assert post_text(as_manager, "The second one", entry.sentence.version).status_code == 302


def test_customer_service_sees_the_sentences_and_changes_none(as_agent):
    page = as_agent.get("/sentences/").text
    assert "Merhaba" in page
    assert "<textarea" not in page
    assert post_text(as_agent, "x").status_code == 403


def test_each_sentence_has_an_example(as_manager, record):
    page = as_manager.get("/sentences/")
    assert "your return Return-14844 for order RSO100490909 reached" in page.text
    assert len(page.context["entries"]) == 9


def test_a_sentence_that_does_not_exist_is_404(as_manager):
    assert as_manager.post("/sentences/Lost/en/", {"text": "x"}).status_code == 404
