"""A guard by whose name only those who have signed in are let in tells that the function behind it knows the user."""

from __future__ import annotations

from pathlib import Path

import pytest
from sources.code.typescript.shop import read

from dbarchitect.sources.code.typescript.web.guarding import lets_users_in

ROUTE = """
import { Router } from "express";
import { prisma } from "./db";
import { GUARD } from "./guards";

export const orders = Router();

orders.get("/:id", GUARD, async (req, res) => {
  res.json(await prisma.order.findUnique({ where: { id: req.params.id } }));
});
"""
DB = 'import { PrismaClient } from "@prisma/client";\nexport const prisma = new PrismaClient();\n'


@pytest.mark.parametrize(
    ("guard", "user"), [("isAuthenticated", True), ("requireUser", True), ("isOpen", False), ("logRequest", False)]
)
def test_a_route_behind_a_guard(guard: str, user: bool, tmp_path: Path) -> None:
    guards = f"export function {guard}(req: any, res: any, next: any) {{ next(); }}\n"
    code = read(tmp_path, src__orders=ROUTE.replace("GUARD", guard), src__db=DB, src__guards=guards)
    (query,) = code.queries
    assert code.functions[query.place.function].user is user


@pytest.mark.parametrize("name", ["ensureLoggedIn", "requireAuth", "auth.isLoggedIn", "loginRequired", "verifyToken"])
def test_names_that_say_so(name: str) -> None:
    assert lets_users_in(name)


@pytest.mark.parametrize("name", ["isAdmin", "requireRole", "schema", "rateLimit", "verifyWebhook", "optionalAuth"])
def test_names_that_do_not(name: str) -> None:
    assert not lets_users_in(name)
