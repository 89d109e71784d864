"""Tests whose outcome is known: what a caller gives decides a branch, or says what a name is inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dbarchitect.sources.code.python.frames import Frame
from dbarchitect.sources.code.python.values import Const
from dbarchitect.sources.code.python.vocabulary import Following, operand
from dbarchitect.sources.code.values import Items, Opaque, Rows, Value
from dbarchitect.sources.python.body import Leave, Step
from dbarchitect.sources.python.constants import EnumMember, Environment
from dbarchitect.sources.python.expressions import Call, Compare, Display, Expr, Literal, Name, UnaryOp


class Deciding:
    """Looks at tests for one interpreter."""

    def __init__(self, interpreter: Following) -> None:
        self.interpreter = interpreter

    def narrowed(self, test: Expr, frame: Frame) -> dict[str, Value]:
        """What a name is for certain where a test holds that compares it with texts (`kind == "a"`, `kind in (…)`)."""
        if (
            not isinstance(test, Compare)
            or test.ops not in {("==",), ("in",)}
            or not isinstance(test.operands[0], Name)
        ):
            return {}
        name, other = test.operands[0].id, test.operands[1]
        if not isinstance(frame.names.get(name), Opaque) or not isinstance(other, Name | Display | Literal):
            return {}
        value = self.interpreter.evaluation.of(other, frame)
        found = operand(value)[1]
        if test.ops == ("in",):
            found = found if isinstance(value, Items) or not isinstance(getattr(value, "value", None), str) else ()
        elif not isinstance(value, Const) or not isinstance(value.value, str | EnumMember):
            found = ()
        return {name: Const(found[0] if len(found) == 1 else found)} if found else {}

    def refused(self, test: Expr, frame: Frame) -> dict[str, Value]:
        """What a name is where a test did not hold that refuses all but some texts (`if kind not in ("a", "b"):
        abort(400)`): one of those that the program holds, whoever sent it."""
        if not isinstance(test, Compare) or test.ops != ("not in",) or not isinstance(test.operands[0], Name):
            return {}
        name, others = test.operands[0].id, test.operands[1]
        value = frame.names.get(name)
        if not isinstance(value, Opaque) or not value.raw or not isinstance(others, Name | Display):
            return {}
        known = operand(self.interpreter.evaluation.of(others, frame))[1]
        return {name: replace(value, raw=False, own=True)} if known else {}

    def decided(self, test: Expr, frame: Frame) -> bool | None:
        """How a test of a parameter comes out that the caller gives None, True, False or a text, or anything but None
        where that is what is asked, or that asks for an attribute which is there; None where it is not known."""
        if isinstance(test, UnaryOp) and test.op == "not":
            inner = self.decided(test.operand, frame)
            return None if inner is None else not inner
        if isinstance(test, Compare):
            return self._equals(test, frame) if test.ops in {("==",), ("!=",)} else self._is_none(test, frame)
        if isinstance(test, Call) and test.name == "hasattr" and len(test.args) == 2:
            owner, name = (self.interpreter.evaluation.of(arg, frame) for arg in test.args)
            known = isinstance(name, Const) and isinstance(name.value, str) and name.value
            return True if known and any(v.has(owner, known) for v in self.interpreter.vocabularies) else None
        value = self._given(test, frame) if isinstance(test, Name) else None
        if isinstance(value, Const) and (value.value is None or isinstance(value.value, bool)):
            return bool(value.value)
        return None

    def succeeds(self, body: Sequence[Step], frame: Frame) -> bool:
        """Whether an attempt cannot fail: it gives what the query has computed for the row (`annotate(total=…)`), and
        what is to be done for rows of other queries is not done for this one."""
        value = body[0].value if len(body) == 1 and isinstance(body[0], Leave) and body[0].kind == "return" else None
        if not isinstance(value, Name):
            return False
        head, _, name = value.id.partition(".")
        row = frame.lookup(head)
        return isinstance(row, Rows) and not row.many and name in row.computed

    def _is_none(self, test: Compare, frame: Frame) -> bool | None:
        """`parameter is None`, `parameter is not None`."""
        if test.ops not in {("is",), ("is not",)} or test.operands[1] != Literal(None):
            return None
        asked = test.operands[0]
        value = self._given(asked, frame) if isinstance(asked, Name) else None
        if not isinstance(value, Const) or isinstance(value.value, Environment):
            return None
        return (value.value is None) is (test.ops == ("is",))

    def _equals(self, test: Compare, frame: Frame) -> bool | None:
        """`parameter == "text"`, `parameter != "text"`, where the caller gives a text."""
        asked, other = test.operands[0], test.operands[1]
        if not isinstance(asked, Name) or not isinstance(other, Name | Literal):
            return None
        texts = [_text(self._given(asked, frame)), _text(self.interpreter.evaluation.of(other, frame))]
        return None if None in texts else (texts[0] == texts[1]) is (test.ops == ("==",))

    def _given(self, name: Name, frame: Frame) -> Value | None:
        """What a caller gives for a parameter that the function does not bind anew."""
        function = frame.function
        if frame.depth == 0 or function is None or all(p.name != name.id for p in function.parameters):
            return None
        source = function.module.source[function.span.start : function.span.end]
        body = source.partition(b":\n")[2]
        return None if f"{name.id} = ".encode() in body else frame.names.get(name.id)


def _text(value: Value | None) -> str | None:
    """A constant text, also that of an enumeration's member; None for anything else."""
    known = value.value if isinstance(value, Const) else None
    known = known.value if isinstance(known, EnumMember) else known
    return known if isinstance(known, str) else None
