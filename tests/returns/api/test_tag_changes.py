"""Programs add and remove single tags, of one return or of many, and guard what they change."""

import json

import pytest

from returns.models import LastChange, Return, ReturnTag
from tags import undo
from tags.models import Tag, TagAction
from tags.vocabulary import find_tag
from tests.factories import make_return, make_returns, put_tag

pytestmark = pytest.mark.django_db


def send(program, path: str, sent: object, **headers: str):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    more = {"data": json.dumps(sent), "content_type": "application/json"}
    return program.send("PATCH", path, named, **more)


def change(program, reference: str = "R-1", **sent):
    headers = {"If_Match": sent.pop("if_match")} if "if_match" in sent else {}
    return send(program, "/ReturnTags", {"referenceNumber": reference, **sent}, **headers)


def change_many(program, *items):
    return send(program, "/ReturnTags/batch", {"items": items})


def tags_of(reference: str = "R-1") -> set[str]:
    of_return = Tag.objects.filter(
        pk__in=ReturnTag.objects.filter(entity__return_reference_number=reference).values("tag")
    )
    return {tag.name for tag in of_return}


@pytest.fixture
def record(vocabulary) -> Return:
    return put_tag(make_return("R-1"), "fragile").entity


class TestOneReturn:
    def test_tags_are_added_and_removed_and_the_rest_stays(self, program, record):
        put_tag(record, "books")
        answer = change(program, add=["Wrong-Size"], remove=["fragile", "apparel"])
        assert answer.json() == {
            "referenceNumber": "R-1",
            "tag": "wrong-size,books",
            "added": ["wrong-size"],
            "removed": ["fragile"],
            "givenWay": [],
        }
        assert tags_of() == {"books", "wrong-size"}
        action = TagAction.objects.get()
        assert "R-1, by the API token “Shop”: added wrong-size" in str(action.words)
        undo.undo(action.pk, None)
        assert tags_of() == {"books", "fragile"}

    def test_the_same_again_changes_nothing(self, program, record):
        first = change(program, add=["books"])
        again = change(program, add=["books"], remove=["apparel", "no such tag"])
        assert (again.json()["added"], again["ETag"]) == ([], first["ETag"])
        assert TagAction.objects.count() == 1
        assert find_tag("no such tag") is None

    def test_a_tag_of_an_exclusive_group_replaces_the_other_one(self, program, record):
        put_tag(record, "standard")
        answer = change(program, add=["urgent-refund", "vip-customer"]).json()
        assert (answer["added"], answer["removed"]) == (["urgent-refund"], ["standard"])
        assert answer["givenWay"] == [{"tag": "vip-customer", "kept": "urgent-refund"}]

    def test_all_that_is_wrong_is_named(self, program, record):
        answer = change(program, add=["x" * 51, "a,b"], remove=[" "])
        errors = answer.json()["error"]["errors"]
        assert answer.status_code == 400
        assert [each["property"] for each in errors] == ["add[0]", "add[1]", "remove[0]"]
        answer = change(program, add=[1], rmove=["x"])
        errors = answer.json()["error"]["errors"]
        assert [each["property"] for each in errors] == ["add[0]", "rmove"]
        assert "Did you mean remove?" in errors[1]["message"]
        assert tags_of() == {"fragile"}

    def test_what_cannot_be_is_refused(self, program, record, settings):
        assert change(program, "R-9", add=["books"]).status_code == 404
        both = change(program, add=["books"], remove=["Books"])
        assert both.json()["error"]["errors"][0]["errorCode"] == "contradiction"
        settings.RETURN_TAGS = 1
        full = change(program, add=["books"])
        assert full.json()["error"]["errors"][0]["errorCode"] == "too_many"
        assert tags_of() == {"fragile"}


class TestGuards:
    @pytest.mark.parametrize("query", ["", "?include=tag"])
    @pytest.mark.parametrize("encoding", ["identity", "gzip"])
    def test_the_etag_of_any_answer_about_the_return_guards(self, program, record, query, encoding):
        Return.objects.update(notes="long " * 500)
        etag = program.get(f"/Returns/R-1{query}", Accept_Encoding=encoding)["ETag"]
        assert change(program, add=["books"], if_match=etag).status_code == 200
        late = change(program, add=["apparel"], if_match=etag)
        assert (late.status_code, late.json()["error"]["code"]) == (412, "changed_since")
        assert tags_of() == {"books", "fragile"}
        # With the current state's tag, it can be done at once.
        assert change(program, add=["apparel"], if_match=late["ETag"]).status_code == 200

    def test_the_wms_patch_is_guarded_too(self, program, record):
        etag = program.get("/Returns/R-1")["ETag"]
        sent = {"referenceNumber": "R-1", "tag": "books"}
        first = send(program, "/Returns/UpdateReturnTag", sent, If_Match=etag)
        sent["tag"] = "apparel"
        late = send(program, "/Returns/UpdateReturnTag", sent, If_Match=etag)
        assert (first.status_code, late.status_code, tags_of()) == (200, 412, {"books"})
        assert late["ETag"] == first["ETag"]
        assert late["Cache-Control"] == "no-store"

    def test_any_and_several_and_weak_ones(self, program, record):
        etag = program.get("/Returns/R-1")["ETag"]
        assert change(program, add=["fragile"], if_match="*").status_code == 200
        assert change(program, add=["fragile"], if_match=f'"x", {etag}').status_code == 200
        weak = change(program, add=["books"], if_match=f"W/{etag}")
        assert weak.status_code == 412
        assert "weak ETag" in weak.json()["error"]["message"]
        assert change(program, "R-9", add=["books"], if_match="*").status_code == 404
        assert change(program, add=["books"], if_match="abc").status_code == 400
        assert change(program, add=["books"], if_match="").status_code == 400

    def test_a_return_is_read_with_its_tags(self, program, record):
        assert program.get("/Returns/R-1?include=tag").json()["tag"] == "fragile"
        assert "tag" not in program.get("/Returns/R-1").json()
        assert program.get("/Returns?include=tag").json()["items"][0]["tag"] == "fragile"
        assert program.get("/Returns/R-1?include=tags").status_code == 400
        assert program.get("/Returns?include=tags").status_code == 400
        make_return("R-2")
        assert program.get("/Returns/R-2?include=tag").json()["tag"] == ""


class TestManyReturns:
    def test_each_return_has_a_result_and_all_problems_are_named(self, program, record):
        make_returns({"reference": f"R-{number}"} for number in range(2, 6))
        answer = change_many(
            program,
            {"referenceNumber": "R-1", "add": ["books"], "remove": ["fragile"]},
            {"referenceNumber": "R-2", "remove": ["fragile"]},
            {"referenceNumber": "R-9", "add": ["x" * 51]},
            {"referenceNumber": "R-3", "add": ["a,b", "books"], "remove": ["x" * 51]},
            {"referenceNumber": "R-4", "add": ["books"], "ifMatch": '"x"'},
            {"referenceNumber": "R-1", "add": ["apparel"]},
            {"referenceNumber": "R-5", "add": ["books"], "remove": ["books"]},
        )
        payload = answer.json()
        assert answer.status_code == 200
        assert [each["result"] for each in payload["items"]] == [
            *("changed", "unchanged", "notFound", "rejected", "changedSince"),
            *("rejected", "rejected"),
        ]
        assert {name: payload[name] for name in payload if name != "items"} == {
            "changed": 1,
            "unchanged": 1,
            "notFound": 1,
            "changedSince": 1,
            "rejected": 3,
        }
        assert [[e["property"] for e in each["errors"]] for each in payload["items"]] == [
            [],
            [],
            ["items[2].referenceNumber", "items[2].add[0]"],
            ["items[3].add[0]", "items[3].remove[0]"],
            ["items[4].ifMatch"],
            ["items[5].referenceNumber"],
            ["items[6].remove"],
        ]
        assert (payload["items"][0]["tag"], payload["items"][2]["tag"]) == ("books", None)
        assert tags_of() == {"books"}
        assert ReturnTag.objects.count() == 1

    def test_what_is_answered_guards_the_next_change(self, program, record):
        make_return("R-2")
        sent = [{"referenceNumber": name, "add": ["books"]} for name in ("R-1", "R-2")]
        first = change_many(program, *sent).json()["items"]
        guarded = [
            {
                "referenceNumber": each["referenceNumber"],
                "add": ["apparel"],
                "ifMatch": each["etag"],
            }
            for each in first
        ]
        assert change_many(program, *guarded).json()["changed"] == 2
        assert change_many(program, *guarded).json()["changedSince"] == 2

    def test_it_is_one_action_that_can_be_undone(self, program, record):
        make_returns({"reference": f"R-{number}"} for number in range(2, 11))
        sent = [{"referenceNumber": f"R-{number}", "add": ["books"]} for number in range(1, 11)]
        assert change_many(program, *sent).json()["changed"] == 10
        action = TagAction.objects.get()
        assert str(action.words).startswith("10 returns (R-1, R-2, R-3, …): tags changed by")
        assert change_many(program, *sent).json()["unchanged"] == 10
        assert TagAction.objects.count() == 1
        undo.undo(action.pk, None)
        assert not ReturnTag.objects.filter(tag__name="books").exists()

    def test_up_to_500_at_once(self, program, vocabulary):
        references = [row.return_reference_number for row in make_returns([{}] * 501)]
        sent = [{"referenceNumber": each, "add": ["books"]} for each in references]
        too_many = change_many(program, *sent)
        assert (too_many.status_code, ReturnTag.objects.count()) == (400, 0)
        assert too_many.json()["error"]["errors"][0]["property"] == "items"
        assert change_many(program, *sent[:500]).json()["changed"] == 500
        assert LastChange.objects.count() == 501

    def test_bodies_that_are_not_understood(self, program, vocabulary):
        wrong = change_many(program, {"referenceNumber": "", "ad": []}, "x")
        errors = wrong.json()["error"]["errors"]
        assert wrong.status_code == 400
        assert {each["property"] for each in errors} == {
            *("items[0].referenceNumber", "items[0].ad", "items[1]"),
        }
        assert change_many(program).status_code == 400
        headers = send(
            program, "/ReturnTags/batch", {"items": [{"referenceNumber": "R"}]}, If_Match="*"
        )
        assert headers.status_code == 400

    def test_a_token_needs_the_scope(self, make_program):
        reader = make_program("read")
        assert change_many(reader, {"referenceNumber": "R-1"}).status_code == 403
        assert change(reader, add=["books"]).status_code == 403
