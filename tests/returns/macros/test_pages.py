"""The pages of macros: who may change them, what is kept, what is said when it cannot be."""

import pytest

from returns.models import DeletedEntry, Macro
from tests.factories import make_tag
from tests.returns.macros.test_macros import make_macro

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vocabulary")]


def sent(name: str = "New", **fields: object) -> dict[str, object]:
    return {"name": name, "comment": "Called", **fields}


def test_manager_makes_one_and_everybody_sees_it(as_manager, as_agent):
    fields = sent(add=[make_tag("books").pk], claims="on", remind="monday", language="tr")
    assert as_manager.post("/macros/new/", fields)["Location"] == "/macros/"
    macro = Macro.objects.get()
    assert (macro.comment, macro.claims, macro.remind, macro.language) == (
        *("Called", True, "monday"),
        "tr",
    )
    assert macro.adds == [make_tag("books").pk]
    page = as_agent.get("/macros/").text
    for text in ("New", "Comments “Called”", "Claims the return", "Reminds you next Monday"):
        assert text in page
    assert "/macros/new/" not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"comment": ""}, "Choose at least one thing that the macro does."),
        ({"comment": "", "why": "x"}, "Choose at least one thing that the macro does."),
        ({"name": ""}, "This field is required."),
        ({"name": "cALL back"}, "There is already a macro named “Call back”."),
        ({"remind": "date"}, "Select a valid choice."),
        ({"language": "fr"}, "Select a valid choice."),
        ({"comment": "x" * 4_001}, "A comment can have up to 4,000 characters"),
    ],
)
def test_what_cannot_be_is_said_and_not_kept(as_manager, fields, words):
    make_macro(comment="Called")
    answer = as_manager.post("/macros/new/", sent() | fields)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert Macro.objects.count() == 1


def test_same_tag_cannot_be_added_and_removed(as_manager):
    books = [make_tag("books").pk]
    answer = as_manager.post("/macros/new/", sent(add=books, remove=books))
    assert "“books” cannot be both added and removed." in answer.text


def test_second_of_two_people_who_change_it_is_told(as_manager):
    macro = make_macro(comment="Called")
    seen = as_manager.get(f"/macros/{macro.pk}/").context["form"].initial["seen"]
    as_manager.post(f"/macros/{macro.pk}/", sent("First", seen=seen))
    answer = as_manager.post(f"/macros/{macro.pk}/", sent("Second", seen=seen))
    assert (answer.status_code, Macro.objects.get().name) == (422, "First")
    assert "Somebody changed this macro meanwhile." in answer.text


def test_order_is_that_of_the_list_and_deleting_can_be_undone(as_manager, as_agent):
    one = make_macro("One", comment="x", position=1)
    make_macro("Two", comment="x", position=2)
    as_manager.post(f"/macros/{one.pk}/", {"action": "down"})
    assert [macro.name for macro in Macro.objects.all()] == ["Two", "One"]
    as_manager.post(f"/macros/{one.pk}/", {"action": "remove"})
    assert "One" not in as_agent.get("/macros/run/?state=Completed").text
    path = f"/deleted/{DeletedEntry.objects.get().pk}/restore/"
    assert as_agent.post(path).status_code == 403
    as_manager.post(path)
    assert Macro.objects.filter(name="One").exists()


def test_no_macros_yet(as_agent, as_manager):
    assert "A warehouse manager can make them." in as_agent.get("/macros/").text
    assert "/macros/new/" in as_manager.get("/macros/").text
