"""What the source of a function asks for by itself: each word that tells, wherever it stands in the source."""

from __future__ import annotations

import time

import pytest

from dbarchitect.sources.code.typescript.web.guarding import CHECKED, asked_in, knows_user

ASKING = (
    "hasPermission", "canPermissions", "authorize", "isAuthorized", "requireAuthorised", "rbac", "checkAbility",
    "ability.can", "hasProjectAccess", "requireTeamOwnership", "checkAdminRight", "isStaff", "isSuperUser",
    "isOwner", "canEdit",
    "FORBIDDEN", "ForbiddenError", "403", "CRON_SECRET", "verifyStripeSignature", "constructEvent",
    "x-api-key", "apiKey",
)  # fmt: skip
CHECKING = (
    ("orderSchema.parse(body)", "orderSchema"), ("body.safeParseAsync(x)", "schema"), ("safeParse(order)", "schema"),
    ("parseWithZod(form)", "schema"), ("plainToInstance(Order, x)", "schema"), ("validateOrReject(x)", "schema"),
    ("zValidator('json', x)", "schema"), ("vValidator('json', x)", "schema"),
)  # fmt: skip
KNOWING = (
    "await getServerSession()", "auth()", "auth.api.getUser", "session?.user", "ctx.session", "req.userId",
    "ctx: { db, user }", "const { db, user } = ctx", "const { session,\n params } = opts.ctx", "c.get('user')",
)  # fmt: skip
BEFORE = "x" * 5_000 + ";\n"


@pytest.mark.parametrize("word", ASKING)
def test_a_right_is_asked_for(word: str) -> None:
    written = f"{word}(x)" if word[0].islower() else word
    (found,) = asked_in(f"{BEFORE} if ({written}) {{ }}".encode())
    assert found and word.startswith(found)


@pytest.mark.parametrize(("written", "guard"), CHECKING)
def test_what_comes_in_is_checked(written: str, guard: str) -> None:
    assert asked_in(f"{BEFORE} const x = {written}".encode()) == (guard,)


@pytest.mark.parametrize("written", KNOWING)
def test_who_asks_is_known(written: str) -> None:
    assert knows_user(f"{BEFORE} {written};".encode())


def test_nothing_is_asked() -> None:
    source = b"JSON.parse(text); const { id, name } = ctx; const user = { a: 1 }; cannot(x)"
    assert asked_in(source) == ()
    assert not knows_user(source)


def test_of_several_the_first() -> None:
    assert asked_in(b"callback(scan); if (x === 403) {} this.ability.can(y); isAdmin(z); requiredRole") == ("403",)
    assert asked_in(b"f(JSON.parse(text), Order.parse(row), orderSchema.parse(row))") == (CHECKED,)


@pytest.mark.parametrize("source", [b"can" * 200_000, b"x.can" * 100_000, b"can." * 100_000, b"a.arse(" * 100_000])
def test_names_of_a_megabyte(source: bytes) -> None:
    started = time.process_time()
    assert asked_in(source + b" isAdmin") == ("isAdmin",)
    assert time.process_time() - started < 5
