"""What expressions of a schema come to, without any of it being run."""

from __future__ import annotations

from pathlib import Path

import pytest

from dbarchitect.sources.discover import open_project
from dbarchitect.sources.drizzle.evaluate import Evaluator
from dbarchitect.sources.drizzle.operators import settled
from dbarchitect.sources.drizzle.values import UNDEFINED, Called, Obj, Unknown, Value
from dbarchitect.sources.typescript.index import TypeScriptIndex
from dbarchitect.sources.typescript.syntax import External

HEAD = """
import path from "node:path";
import { join } from "path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { pgEnum } from "drizzle-orm/pg-core";
import * as other from "./other";
import fallback, { word as renamed } from "./other";
const LIST = ["a", "b"] as const;
enum Colour { Red = "red", Blue = "blue" }
enum Plain { One, Two }
const shape = z.enum(["x", "y"]);
const state = pgEnum("state", LIST);
const { first, ...rest } = { first: 1, second: 2, third: 3 };
const [head, , tail = 5] = [1, 2];
function add(a: number, b = 2, ...more: number[]) { const sum = a + b; if (more) { return sum; } return 0; }
const twice = (text: string): string => `${text}${text}`;
const pick = ({ a, b: { c } }: any) => [a, c];
function late() { try { return missing; } catch { return 1; } }
function branches(x: any) { if (x === 1) return "one"; else { return "other"; } }
const throws = () => { if (!process.env.X) { throw new Error("x"); } return "here"; };
const make = (n: number) => () => n;
"""
OTHER = 'export const word = "w";\nexport const n = 4;\nexport default "d";\nexport * from "./third";\n'
THIRD = 'export const deep = "deep";\n'
CASES: dict[str, object] = {
    "1 + 2 * 3": 7,
    "-4": -4,
    "7 / 2": 3.5,
    '"a" + 1 + true': "a1true",
    "`${1 + 1}-${LIST[0]}`": "2-a",
    "LIST": ("a", "b"),
    "[...LIST, 'c']": ("a", "b", "c"),
    "LIST.length": 2,
    "LIST.map((x) => x.toUpperCase())": ("A", "B"),
    "LIST.filter((x) => x !== 'a')": ("b",),
    "LIST.concat(['c']).join('|')": "a|b|c",
    "Object.values(Colour)": ("red", "blue"),
    "Object.keys({ a: 1, b: 2 })": ("a", "b"),
    "Object.entries({ a: 1 })": (("a", 1),),
    "Object.freeze({ a: 1 }).a": 1,
    "Colour.Blue": "blue",
    "Plain.Two": 1,
    "Colour['Red']": "red",
    "shape.options": ("x", "y"),
    "shape.enum.y": "y",
    "state.enumValues": ("a", "b"),
    "z.nativeEnum(Colour).enum.Red": "red",
    "first": 1,
    "rest.third": 3,
    "head": 1,
    "tail": 5,
    "add(1)": 3,
    "add(1, 1)": 2,
    "twice(twice('a'))": "aaaa",
    "pick({ a: 1, b: { c: 2 } })": (1, 2),
    "branches(1)": "one",
    "branches(2)": "other",
    "throws()": "here",
    "make(3)()": 3,
    "other.word": "w",
    "other.deep": "deep",
    "renamed": "w",
    "fallback": "d",
    "{ ...other, n: 5 }.n": 5,
    "true ? 1 : 2": 1,
    "1 === 1 && 'yes'": "yes",
    "null ?? 'd'": "d",
    "process.env.NAME ?? 'd'": "d",
    "process.env.NAME || `${other.n}`": "4",
    "undefined?.x": UNDEFINED,
    "({}).x": UNDEFINED,
    "(5).toString()": "5",
    "void 0": UNDEFINED,
    "({}).x === false ? 1 : 2": 2,
    "({}).x !== null ? 1 : 2": 1,
    "({}).x == null ? 1 : 2": 1,
    "({}).x === undefined ? 1 : 2": 1,
    "join('a', '../b', 'c.ts')": "b/c.ts",
    "path.resolve(__dirname, 'x', 'y')": "x/y",
    "path.relative(process.cwd(), './z')": "./z",
    "fileURLToPath(new URL('./s.ts', import.meta.url))": "./s.ts",
    "(await 1)": 1,
    "(1 as unknown as string)!": 1,
    "require('./other').word": "w",
}
UNKNOWN = ["late", "/x/", "nowhere.map((x) => x)", "[...nowhere]", "late()", "add`x`", "typeof 1", "(() => {})()()"]


@pytest.fixture
def value(tmp_path: Path):
    def evaluate(spelled: str) -> Value:
        (tmp_path / "other.ts").write_text(OTHER)
        (tmp_path / "third.ts").write_text(THIRD)
        wrapped = f"({spelled})" if spelled.startswith("{") else spelled
        (tmp_path / "m.ts").write_text(f"{HEAD}\nexport const result = {wrapped};\n")
        index = TypeScriptIndex(open_project(tmp_path))
        module = index.module("m.ts")
        assert module is not None
        return Evaluator(index).exported(module, "result")

    return evaluate


@pytest.mark.parametrize("spelled", CASES)
def test_values(spelled, value) -> None:
    found = settled(value(spelled))
    assert found == CASES[spelled]
    assert type(found) is type(CASES[spelled])


@pytest.mark.parametrize("spelled", UNKNOWN)
def test_what_cannot_be_told_is_no_constant(spelled, value) -> None:
    found = value(spelled)
    assert not isinstance(found, str | int | float)
    assert found is not None


def test_functions_of_packages_are_kept_as_they_stand(value) -> None:
    found = value("z.string().min(3)")
    assert isinstance(found, Called)
    assert found.args == (3,)
    assert isinstance(value("z"), External)


def test_a_circle_is_unknown(value) -> None:
    found = value("{ a: result }")
    assert isinstance(found, Obj)
    assert isinstance(found.get("a"), Unknown)


def test_endless_recursion_ends(value) -> None:
    found = value("((f: any) => f(f))((f: any) => f(f))")
    assert isinstance(found, Unknown)


def test_growth_ends(value) -> None:
    doubled = "[1]"
    for _ in range(40):
        doubled = f"((x: any) => [...x, ...x])({doubled})"
    found = value(doubled)
    assert not isinstance(found, tuple) or len(found) <= 2_000_000
