"""What is written: columns of the row, and queries along its relations."""

from __future__ import annotations

from dbarchitect.catalog.queries import Idiom, Verb
from dbarchitect.sources.code.typescript.prisma.calls import Calls
from dbarchitect.sources.code.typescript.prisma.data import Step, Written
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.values import Opaque, Rows, Sequence

from .written import GIVEN, assignments, predicates, value


def written(models: Models, data: object, label: str = "post") -> Written:
    model = models.labelled(label)
    assert model is not None
    return Calls(models).data.of_rows(model, value(data), ("data",))


def told(step: Step) -> tuple[str, str, list[str], list[str]]:
    d = step.draft
    return (d.verb.value, str(d.table), predicates(d.predicates), assignments(d.assignments))


def test_columns_with_their_values(models: Models) -> None:
    found = written(models, {"title": GIVEN, "status": "DRAFT", "views?": 3, "deletedAt": None, "authorId": ...})
    assert assignments(found.assignments) == [
        "Post.title = parameter",
        "Post.status = DRAFT",
        "?Post.views = 3",
        "Post.deleted_at = null",
        "?Post.author_id = parameter",
    ]
    assert found.known


def test_values_that_the_database_computes(models: Models) -> None:
    found = written(models, {"balance": {"increment": 5}, "name": {"set": "x"}, "tags": {"push": "a"}}, "user")
    assert assignments(found.assignments) == ["users.balance = expression", "users.name = x", "users.tags = expression"]


def test_a_document_is_a_value_whatever_it_holds(models: Models) -> None:
    assert assignments(written(models, {"settings": {"set": 1}}, "user").assignments) == ["users.settings = parameter"]


def test_a_value_computed_from_a_row_reads_it(models: Models) -> None:
    user = models.labelled("user")
    assert user is not None
    balance = user.table.column("balance")
    found = written(models, {"balance": Opaque(reads=frozenset({balance}))}, "user")
    assert found.assignments[0].reads == (balance,)
    taken_over = written(models, {"balance": Opaque(reads=frozenset({balance}), cell=balance)}, "user")
    assert taken_over.assignments[0].reads == ()


def test_unknown_data(models: Models) -> None:
    raw = Opaque(raw=True)
    assert (written(models, raw).known, written(models, raw).raw) == (False, True)
    spread = written(models, {"title": "x", "...": raw})
    assert (spread.known, spread.raw, assignments(spread.assignments)) == (False, True, ["Post.title = x"])
    assert not written(models, {"...": GIVEN}).raw
    assert written(models, {"title": raw}).assignments[0].raw_input


def test_many_rows(models: Models) -> None:
    found = written(models, [{"title": "a", "views": 1}, {"title": "b", "status": GIVEN}])
    assert assignments(found.assignments) == ["Post.title = a/b", "Post.views = 1", "Post.status = parameter"]
    assert assignments(written(models, Sequence(value({"title": GIVEN}))).assignments) == ["Post.title = parameter"]
    assert not written(models, Sequence(GIVEN)).known


def test_a_row_written_again(models: Models) -> None:
    label = models.labelled("label")
    assert label is not None
    assert assignments(written(models, Rows(label, "prisma"), "label").assignments) == [
        "Label.id = parameter",
        "Label.name = parameter",
    ]


def test_connect_sets_the_foreign_key(models: Models) -> None:
    found = written(models, {"author": {"connect": {"id": GIVEN}}})
    assert assignments(found.assignments) == ["Post.author_id = parameter"]
    assert found.before == found.after == []


def test_connect_by_another_key_reads_the_row(models: Models) -> None:
    found = written(models, {"author": {"connect": {"email": "a@b"}}})
    assert assignments(found.assignments) == ["Post.author_id = parameter"]
    assert [told(s) for s in found.before] == [("select", "users", ["users.email = a@b"], [])]


def test_connect_of_many_changes_their_rows(models: Models) -> None:
    found = written(models, {"posts": {"connect": [{"id": GIVEN}, {"id": GIVEN}]}}, "user")
    assert [told(s) for s in found.after] == [("update", "Post", ["Post.id = ?"], ["Post.author_id = parameter"])]


def test_connect_over_a_table_between(models: Models) -> None:
    found = written(models, {"labels": {"connect": {"id": GIVEN}}})
    assert [told(s) for s in found.after] == [
        ("insert", "_LabelToPost", [], ["_LabelToPost.B = parameter", "_LabelToPost.A = parameter"])
    ]


def test_rows_created_along_come_after_or_before(models: Models) -> None:
    many = written(models, {"posts": {"create": [{"title": "x", "comments": {"create": {"text": GIVEN}}}]}}, "user")
    assert [told(s) for s in many.after] == [
        ("insert", "Post", [], ["Post.author_id = parameter", "Post.title = x"]),
        ("insert", "Comment", [], ["Comment.post_id = parameter", "Comment.text = parameter"]),
    ]
    assert [s.path for s in many.after] == [
        ("data", "posts", "create"),
        ("data", "posts", "create", "comments", "create"),
    ]
    one = written(models, {"author": {"create": {"email": GIVEN}}})
    assert [told(s) for s in one.before] == [("insert", "users", [], ["users.email = parameter"])]
    assert assignments(one.assignments) == ["Post.author_id = parameter"]


def test_create_many_along_is_one_statement(models: Models) -> None:
    found = written(models, {"posts": {"createMany": {"data": [{"title": "a"}, {"title": "b"}]}}}, "user")
    assert [(s.draft.verb, s.draft.idiom) for s in found.after] == [(Verb.INSERT, Idiom.BULK)]


def test_connect_or_create_looks_by_the_key(models: Models) -> None:
    found = written(models, {"labels": {"connectOrCreate": {"where": {"name": "a"}, "create": {"name": "a"}}}})
    first, second = found.after
    assert told(first) == ("upsert", "Label", ["Label.name = a"], ["Label.name = a"])
    assert (first.draft.idiom, [str(k) for k in first.draft.key]) == (Idiom.GET_OR_CREATE, ["Label.name"])
    assert told(second)[:2] == ("insert", "_LabelToPost")


def test_disconnect_and_set(models: Models) -> None:
    assert [told(s) for s in written(models, {"labels": {"set": []}}).after] == [
        ("delete", "_LabelToPost", ["_LabelToPost.B = ?"], [])
    ]
    assert [told(s) for s in written(models, {"posts": {"disconnect": {"id": GIVEN}}}, "user").after] == [
        ("update", "Post", ["Post.author_id = ?", "Post.id = ?"], ["Post.author_id = null"])
    ]
    assert assignments(written(models, {"author": {"disconnect": True}}).assignments) == ["Post.author_id = null"]


def test_rows_changed_and_deleted_along(models: Models) -> None:
    data = {
        "posts": {
            "updateMany": {"where": {"status": "DRAFT"}, "data": {"status": "LIVE"}},
            "deleteMany": {"views": 0},
            "delete": {"id": 3},
        },
        "profile": {"update": {"bio": GIVEN}, "upsert": {"create": {"bio": "a"}, "update": {"bio": "b"}}},
    }
    assert [told(s) for s in written(models, data, "user").after] == [
        ("update", "Post", ["Post.author_id = ?", "Post.status = DRAFT"], ["Post.status = LIVE"]),
        ("delete", "Post", ["Post.author_id = ?", "Post.views = 0"], []),
        ("delete", "Post", ["Post.author_id = ?", "Post.id = 3"], []),
        ("update", "Profile", ["Profile.user_id = ?"], ["Profile.bio = parameter"]),
        ("upsert", "Profile", ["Profile.user_id = ?"], ["Profile.user_id = parameter", "Profile.bio = a/b"]),
    ]
