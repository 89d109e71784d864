"""Arguments of any shape: nothing that a program may hand over stops the reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.code.draft import Draft
from dbarchitect.sources.code.typescript.prisma.calls import Calls
from dbarchitect.sources.code.typescript.prisma.models import Models
from dbarchitect.sources.code.values import Library, Member, Opaque, Sequence, Text

from .programs import asked
from .written import GIVEN, value

NAMES = st.sampled_from(
    ["id", "email", "role", "tags", "settings", "posts", "author", "profile", "labels", "teams", "AND", "OR",
     "NOT", "some", "none", "is", "isNot", "in", "not", "equals", "path", "mode", "set", "create", "connect",
     "update", "data", "where", "select", "include", "omit", "_count", "orderBy", "take", "skip", "cursor",
     "distinct", "delete", "upsert", "connectOrCreate", "disconnect", "createMany", "increment", "...",
     "email?", "posts?", "userId_teamId", "what"]
)  # fmt: skip
LEAVES = st.sampled_from(
    [None, True, False, 0, -3, 2.5, "x", "desc", "a'\"`\n😀</script>", ..., GIVEN, Opaque(raw=True), Text(("a", GIVEN)),
     Member(GIVEN, "ADMIN"), Library("@prisma/client:Prisma.DbNull"), Sequence(GIVEN)]
)  # fmt: skip
ANY = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=ANY, label=st.sampled_from(["user", "post", "profile", "label", "member"]))
def test_any_argument_is_read(models: Models, written: object, label: str) -> None:
    model = models.labelled(label)
    assert model is not None
    calls, given_value = Calls(models), value(written)
    begun = Draft("prisma", Origin(), model=model, table=model.table)
    for draft in (
        calls.loading.asked(begun, model, given_value),
        calls.where.put(begun, model, given_value),
        calls.data.of_rows(model, given_value, ()).put_in(begun),
    ):
        assert draft.table == model.table
        assert all(p.column.table is not None for p in draft.predicates)
    calls.loading.shape(model, given_value)


@pytest.mark.parametrize(
    "body",
    [
        "await prisma.user.findMany(1, 2, 3)",
        "await prisma.user.create()",
        "await prisma.user.update(null)",
        "await prisma.user.upsert({ where: 3, create: [], update: 'x' })",
        "await prisma.user.groupBy()",
        "await prisma.user[input.method]({ where: {} })",
        "await prisma[input.model].findMany()",
        "await prisma.$transaction()",
        "await prisma.$transaction(input)",
        "await prisma.$queryRaw()",
        "await prisma.$queryRaw``",
        "await prisma.$queryRawUnsafe(input.sql)",
        "await prisma.user.findUnique({ where: { id: 1 } }).nothing()",
        "const { user, ...rest } = prisma; await rest.post.findMany(); await user.fields.email.what",
    ],
)
def test_any_call_is_read(tmp_path: Path, body: str) -> None:
    assert all(query.library == "prisma" for query in asked(tmp_path, body))
