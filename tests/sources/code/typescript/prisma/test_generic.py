"""Classes that ask of models which others name: subclasses, or whoever makes an object of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .programs import code_of
from .written import told

BY_NAME = """
import { PrismaClient } from '@prisma/client'
export abstract class Rows<T> {
  constructor(protected readonly prisma: PrismaClient, protected readonly model: string) {}
  async one(id: number) { return this.prisma[this.model].findUnique({ where: { id } }) }
}
"""
BY_PROPERTY = """
import { PrismaClient } from '@prisma/client'
export abstract class Rows {
  protected abstract readonly model: string
  constructor(protected readonly prisma: PrismaClient) {}
  protected get delegate() { return (this.prisma as any)[this.model] }
  async one(id: number) { return this.delegate.findUnique({ where: { id } }) }
}
"""
BY_DELEGATE = """
export abstract class Rows {
  constructor(protected readonly delegate: any) {}
  async one(id: number) { return await this.delegate.findUnique({ where: { id } }) }
}
"""
BY_METHOD = """
import { PrismaClient } from '@prisma/client'
export abstract class Rows {
  constructor(protected readonly prisma: PrismaClient) {}
  protected abstract rows(): any
  async one(id: number) { return await this.rows().findUnique({ where: { id } }) }
}
"""
HEAD = "import { PrismaClient, Prisma } from '@prisma/client'\nimport { Rows } from './base'\n"
WANTED = {"select User where User.id = ?"}


@pytest.mark.parametrize(
    ("base", "subclass"),
    [
        (BY_NAME, "constructor(prisma: PrismaClient) { super(prisma, 'user') }"),
        (BY_PROPERTY, "protected readonly model = 'user'"),
        (BY_PROPERTY, "model = Prisma.ModelName.User"),
        (BY_DELEGATE, "constructor(prisma: PrismaClient) { super(prisma.user) }"),
        (BY_METHOD, "protected rows() { return this.prisma.user }"),
    ],
)
def test_a_subclass_names_the_model(tmp_path: Path, base: str, subclass: str) -> None:
    """However it says so, each method is told as the subclass's own."""
    code = code_of(tmp_path, f"{HEAD}export class Users extends Rows {{ {subclass} }}\n", base=base)
    assert {told(query).replace("users", "User") for query in code.queries} == WANTED
    assert {query.place.function for query in code.queries} == {"app.ts:Users.one"}
    assert {query.origin.path for query in code.queries} == {"base.ts"}


def test_each_subclass_asks_of_its_own(tmp_path: Path) -> None:
    """A class in between that names nothing is no obstacle; what a subclass has itself is told as that alone."""
    source = f"""{HEAD}
export class Users extends Rows<any> {{ constructor(prisma: PrismaClient) {{ super(prisma, 'user') }} }}
export class Labels extends Rows<any> {{
  constructor(prisma: PrismaClient) {{ super(prisma, 'label') }}
  async one(id: number) {{ return this.prisma.label.findFirst({{ where: {{ id }} }}) }}
}}
"""
    found = {(query.place.function, str(query.table)) for query in code_of(tmp_path, source, base=BY_NAME).queries}
    assert found == {("app.ts:Users.one", "users"), ("app.ts:Labels.one", "Label")}


def test_an_object_of_the_class_names_the_model(tmp_path: Path) -> None:
    """`new Rows(prisma, "label")` at the top of a module."""
    source = f"{HEAD}const labels = new Rows(new PrismaClient(), 'label')\nexport default labels\n"
    code = code_of(tmp_path, source, base=BY_NAME.replace("abstract ", ""))
    assert [told(query) for query in code.queries] == ["select Label where Label.id = ?"]


def test_who_calls_a_subclass_reaches_its_queries_alone(tmp_path: Path) -> None:
    """The call leads to the method of the subclass, not to those of all."""
    source = f"""{HEAD}
export class Users extends Rows<any> {{ constructor(prisma: PrismaClient) {{ super(prisma, 'user') }} }}
export class Labels extends Rows<any> {{ constructor(prisma: PrismaClient) {{ super(prisma, 'label') }} }}
export async function GET(users: Users, prisma: PrismaClient) {{
  await prisma.post.count()
  return users.one(1)
}}
"""
    code = code_of(tmp_path, source, base=BY_NAME)
    assert "app.ts:Users.one" in {call.callee for call in code.calls}
    assert "app.ts:Labels.one" not in {call.callee for call in code.calls}
