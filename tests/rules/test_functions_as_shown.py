"""How messages name functions, above all those whose own name says nothing."""

from __future__ import annotations

import pytest

from dbarchitect.catalog.queries import Code, FunctionFact, FunctionKind
from dbarchitect.catalog.refs import Origin
from dbarchitect.rules._code.telling import shown_in, with_route


def code(key: str, route: str | None) -> Code:
    return Code(functions={key: FunctionFact(key, Origin(key.partition(":")[0], 1), FunctionKind.ROUTE, route)})


@pytest.mark.parametrize(
    ("key", "route", "shown", "routed"),
    [
        ("app/api/orders/[id]/route.ts:GET", "GET /api/orders/[id]", "GET /api/orders/[id]", "GET /api/orders/[id]"),
        ("server/routes/orders.ts:router.post(/orders)", "POST /orders", "POST /orders", "POST /orders"),
        ("server/routes/orders.ts:router.post(/)#2", "POST /orders", "POST /orders", "POST /orders"),
        ("server/routes/orders.ts:router.post#2", "POST /orders now", "POST /orders now", "POST /orders now"),
        ("server/routes/orders.ts:router.post(/orders)", None, "router.post(/orders)", "router.post(/orders)"),
        ("server/orders.ts:orders.list.query", "orders.list", "orders.list", "orders.list"),
        ("lib/mails.ts:mail.run(send-mail)", None, "mail.run(send-mail)", "mail.run(send-mail)"),
        ("pages/api/orders.ts:handler", "/api/orders", "/api/orders", "/api/orders"),
        ("lib/orders.ts:handler", None, "handler of lib/orders.ts", "handler of lib/orders.ts"),
        ("lib/orders.ts:<anonymous>", None, "lib/orders.ts", "lib/orders.ts"),
        ("lib/orders.ts:<anonymous>#2", "POST /orders", "POST /orders", "POST /orders"),
        ("lib/orders.ts:placeOrder.transaction", None, "placeOrder", "placeOrder"),
        ("lib/orders.ts:placeOrder.$transaction#2.map", None, "placeOrder", "placeOrder"),
        ("app/api/orders/route.ts:GET.withAuth", "GET /api/orders", "GET /api/orders", "GET /api/orders"),
        ("lib/orders.ts:GET.withAuth", None, "GET.withAuth of lib/orders.ts", "GET.withAuth of lib/orders.ts"),
        ("lib/orders.ts:handler.map", None, "handler of lib/orders.ts", "handler of lib/orders.ts"),
        ("shop/orders.py:Orders.map", None, "Orders.map", "Orders.map"),
        ("shop/orders.py:Orders.query", "GET /orders", "Orders.query", "Orders.query (GET /orders)"),
        ("shop/views.py:create", "POST /orders", "create", "create (POST /orders)"),
        ("shop/views.py:feed", "feed", "feed", "feed (feed)"),
        ("shop/views.py:make.<locals>.index", "GET /", "make.index", "make.index (GET /)"),
        ("shop/views.py:read", r"^read/(?P<id>\d+)/(\w|(-))$", "read", "read (read/<id>/<…>)"),
        ("shop/views.py:delete", r"^(?P<id>\d+)/delete$", "<id>/delete", "<id>/delete"),
        ("shop/commands/tidy.py:Command.handle", None, "Command.handle", "Command.handle"),
        ("scripts/tidy.py:<module>", None, "scripts/tidy.py", "scripts/tidy.py"),
    ],
)
def test_a_name_that_tells_something(key: str, route: str | None, shown: str, routed: str) -> None:
    known = code(key, route)
    assert shown_in(known, key) == shown
    assert with_route(known, key) == routed


def test_a_function_of_which_nothing_is_known() -> None:
    assert shown_in(None, "app/orders/route.ts:GET") == "GET of app/orders/route.ts"
    assert shown_in(Code(), "app/orders/route.ts:<anonymous>.<anonymous>#2") == "app/orders/route.ts"


def test_a_function_within_a_route() -> None:
    within = "app/api/orders/route.ts:GET.map"
    assert shown_in(code("app/api/orders/route.ts:GET", "GET /api/orders"), within) == "GET /api/orders"
