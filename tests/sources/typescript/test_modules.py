"""What a file imports and exports, in the ways of ES modules, of TypeScript and of CommonJS."""

from __future__ import annotations

import pytest
from sources.typescript.written import module, statements

from dbarchitect.sources.typescript.syntax import Bind, Define, Imported, Module, TypeDeclaration


def names(found: dict[str, Imported]) -> dict[str, str]:
    return {name: f"{i.specifier}:{i.name}{' (type)' * i.type_only}" for name, i in found.items()}


IMPORTS = {
    'import a from "./a"': {"a": "./a:default"},
    'import * as a from "b"': {"a": "b:*"},
    'import a, { b, c as d, type e, type f as g, default as h } from "i"': {
        "a": "i:default", "b": "i:b", "d": "i:c", "e": "i:e (type)", "g": "i:f (type)", "h": "i:default",
    },
    'import a, * as b from "c"': {"a": "c:default", "b": "c:*"},
    'import type { a } from "b"': {"a": "b:a (type)"},
    'import type a from "b"': {"a": "b:default (type)"},
    'import { type } from "b"': {"type": "b:type"},
    'import { "a-b" as c } from "d"': {"c": "d:a-b"},
    'import "a"': {},
    'import a from "./a.json" with { type: "json" }': {"a": "./a.json:default"},
    'import a = require("b")': {"a": "b:*"},
    'const a = require("b")': {"a": "b:*"},
    'const { a, b: c } = require("d")': {"a": "d:a", "c": "d:b"},
    'const a = require("b").c': {"a": "b:c"},
    'const a = require("b").default, d = require("e")': {"a": "b:default", "d": "e:*"},
}  # fmt: skip


@pytest.mark.parametrize("source", IMPORTS)
def test_imports(source: str) -> None:
    found = module(source)
    assert names(found.imports) == IMPORTS[source]
    assert found.statements == ()


def test_what_is_required_and_used_at_once_stays_a_statement() -> None:
    found = module('const a = require("b")(c); const { d = 1 } = require("e"); require("f").config(); const g = 1')
    assert found.imports == {}
    assert statements(found.statements) == (
        'const a = require("b")(c); const {d: d = 1} = require("e"); require("f").config(); const g = 1'
    )


def exported(found: Module) -> dict[str, str]:
    return found.exports | names(found.passed_on) | {f"*{star}": "" for star in found.stars}


EXPORTS = {
    "export const a = 1, { b, c: [d] } = e": {"a": "a", "b": "b", "d": "d"},
    "export async function GET() {}": {"GET": "GET"},
    "export class A {}": {"A": "A"},
    "export abstract class A {}": {"A": "A"},
    "export enum A { B }": {"A": "A"},
    "export type A = B": {"A": "A"},
    "export interface A {}": {"A": "A"},
    "export namespace A {}": {"A": "A"},
    "export declare const a: A": {"a": "a"},
    "const a = 1; export { a, a as b, a as default }": {"a": "a", "b": "a", "default": "a"},
    'export { a, b as c, default as d, type E } from "./f"': {
        "a": "./f:a", "c": "./f:b", "d": "./f:default", "E": "./f:E (type)",
    },
    'export type { A } from "b"': {"A": "b:A (type)"},
    'export * from "./a"; export * from "b"': {"*./a": "", "*b": ""},
    'export type * from "./a"': {"*./a": ""},
    'export * as a from "./b"': {"a": "./b:*"},
    "export default a": {"default": "a"},
    "export default function a() {}": {"default": "a"},
    "export default class A {}": {"default": "A"},
    "export default interface A {}": {"default": "A"},
    "export default function () {}": {"default": "default"},
    "export default class {}": {"default": "default"},
    "export default () => 1": {"default": "default"},
    "export default { a: 1 }": {"default": "default"},
    "export default f(a)": {"default": "default"},
    "export = a": {"export=": "a", "default": "a"},
    "module.exports = a": {"export=": "a", "default": "a"},
    "module.exports = class A {}": {"export=": "module.exports", "default": "module.exports"},
    "module.exports = { a, b: c, d: 1, e() {} }": {
        "default": "module.exports", "a": "a", "b": "c", "d": "module.exports.d", "e": "module.exports.e",
    },
    'module.exports = require("./a")': {"*./a": "", "export=": "./a:*", "default": "./a:default"},
    'module.exports = { ...require("./a"), b }': {"default": "module.exports", "*./a": "", "b": "b"},
    "exports.a = 1; exports.b = c; module.exports.d = function () {}": {"a": "a", "b": "c", "d": "d"},
    "exports = module.exports = a": {"export=": "a", "default": "a"},
    "export as namespace A": {},
}  # fmt: skip


@pytest.mark.parametrize("source", EXPORTS)
def test_exports(source: str) -> None:
    found = module(source)
    assert not found.problems
    assert exported(found) == EXPORTS[source]
    bound = {local for local in found.exports.values() if local not in {"a", "b", "c"}}
    assert bound <= found.bound.keys()


def test_an_expression_exported_as_default_is_bound() -> None:
    bind = module("export default cache(async () => find())").bound["default"]
    assert isinstance(bind, Bind)
    assert statements((bind,)) == "const default = cache(async arrow default.cache() {return find()})"


def test_an_anonymous_function_exported_as_default_is_defined() -> None:
    define = module("export default async function ({ params }) { return 1 }").bound["default"]
    assert isinstance(define, Define)
    assert statements((define,)) == "async function default({params: params}) {return 1}"


def test_decorators_before_and_behind_export() -> None:
    for source in ("@A() export class B {}", "export @A() class B {}", "@A() export default class B {}"):
        assert statements(module(source).statements) == "@A() class B {}"


def test_a_value_goes_before_a_type_of_its_name() -> None:
    found = module("export const User = z.object({}); export type User = z.infer<typeof User>; type Other = 1")
    assert isinstance(found.bound["User"], Bind)
    assert isinstance(found.types["User"], TypeDeclaration)
    assert found.bound["Other"] is found.types["Other"]


def test_the_last_binding_counts() -> None:
    found = module("var a = 1; var a = 2")
    assert statements((found.bound["a"],)) == "var a = 2"


def test_members_of_what_is_exported_as_a_whole_are_not_executed_twice() -> None:
    found = module("module.exports = { find: async () => db.find() }")
    assert statements(found.statements) == ("const module.exports = {find: async arrow find() {return db.find()}}")
    assert statements((found.bound["module.exports.find"],)).endswith("= async arrow find() {return db.find()}")
