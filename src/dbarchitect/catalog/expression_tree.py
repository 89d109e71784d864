"""The normal form of SQL expressions: a small tree, made from any dialect's spelling, printed in one way.

Two expressions with the same printed tree are taken as the same. What is folded away is what servers change when
they store an expression (casts of constants, IN as `= ANY`, BETWEEN as two comparisons, parentheses, the order of
AND and OR) and what writers choose freely (case, needless quotes, the side of a comparison). Everything keeps its
three-valued meaning: `NOT (a AND b)` becomes `NOT a OR NOT b`, while `active IS TRUE` stays apart from `active`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from dbarchitect.catalog.types import Family, SqlType, parse_type


class Shape(Enum):
    """What a node of the tree is."""

    COLUMN = auto()
    """`value` is the name as the server stores it; its table's name, where that matters, is the one of `parts`."""
    LITERAL = auto()
    """`value` is the constant as SQL: `'x'`, `1`, `true`, `null`."""
    CALL = auto()
    """`value` is the function's name, `parts` are the arguments."""
    CONSTRUCT = auto()
    """`value` is what the parser calls it (`case`, `select`, `array`), `parts` are what it is made of."""
    OPERATOR = auto()
    """`value` is the operator; two `parts`."""
    AND = auto()
    OR = auto()
    NOT = auto()
    IN = auto()
    """The first of `parts` is the subject, the others are the values, sorted."""
    NOT_IN = auto()
    IS_NULL = auto()
    IS_NOT_NULL = auto()
    CAST = auto()
    """`value` is the type, in `catalog.types`' canonical spelling."""
    WORD = auto()
    """A keyword or a piece of a query, `value` as printed."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the normal form. Equal nodes mean the same to a server."""

    shape: Shape
    value: str = ""
    parts: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def __str__(self) -> str:
        """The one spelling of this node, without outer parentheses."""
        return _print(self)


NEGATED = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
TRUE = Node(Shape.LITERAL, "true")
FALSE = Node(Shape.LITERAL, "false")
NULL = Node(Shape.LITERAL, "null")
NOW = Node(Shape.CALL, "now")

_TEXTS = frozenset({"text", "character varying", "character", "citext", "name"})
_INTEGERS = frozenset({"smallint", "integer", "bigint"})
_FRACTIONS = frozenset({"numeric", "real", "double precision"})
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?\Z")
_SYNONYMS = {"char_length": "length", "character_length": "length", "substr": "substring", "trim": "btrim"}
_SYNONYMS |= {"ceiling": "ceil", "pow": "power", "ifnull": "coalesce"}
_BOOLEANS = {"t": TRUE, "true": TRUE, "y": TRUE, "yes": TRUE, "on": TRUE, "1": TRUE}
_BOOLEANS |= {"f": FALSE, "false": FALSE, "n": FALSE, "no": FALSE, "off": FALSE, "0": FALSE}


def column(name: str) -> Node:
    """A column, by the name that the server stores."""
    return Node(Shape.COLUMN, name)


def string(value: str) -> Node:
    """A text constant."""
    return Node(Shape.LITERAL, "'" + value.replace("'", "''") + "'")


def number(text: str) -> Node:
    """A numeric constant without needless zeros; `2.0` keeps one, since it makes a division exact."""
    match = _NUMBER.match(text)
    if match is None or not (match[2] or match[3] or text.strip("+-.0") == ""):
        return Node(Shape.LITERAL, text.lower())
    fraction = (match[3] or "").rstrip("0") or ("" if match[3] is None else "0")
    whole = match[2].lstrip("0") or "0"
    sign = "-" if match[1] == "-" and (whole != "0" or fraction.strip("0")) else ""
    return Node(Shape.LITERAL, sign + whole + ("." + fraction if fraction else ""))


def plain(node: Node) -> Node:
    """Where only the value of a number counts, not what it makes of a division: `2.0` is `2`."""
    if node.shape is Shape.LITERAL and node.value.endswith(".0"):
        return Node(Shape.LITERAL, node.value[:-2])
    return node


def unquoted(node: Node) -> str | None:
    """The value of a text constant, None for anything else."""
    if node.shape is Shape.LITERAL and node.value.startswith("'"):
        return node.value[1:-1].replace("''", "'")
    return None


def cast(operand: Node, type_: SqlType) -> Node:
    """`operand::type`, without the cast where it only says what a constant already is."""
    if operand.shape is Shape.CONSTRUCT and operand.value == "array":
        return operand if operand.parts else string("{}")
    if operand.shape is Shape.LITERAL:
        return _array_literal(operand) if type_.dimensions else _constant(operand, type_)
    if operand == NOW and type_.family is Family.TIMESTAMP:
        return NOW
    return Node(Shape.CAST, str(type_), (operand,))


def _constant(operand: Node, type_: SqlType) -> Node:
    """A constant of a type, in the spelling that needs no cast."""
    text = unquoted(operand)
    if text is None:
        if type_.name in _TEXTS and operand not in (TRUE, FALSE, NULL):
            return string(operand.value)
        if type_.name == "boolean":
            return _BOOLEANS.get(operand.value, operand)
        return _numeric(operand, type_) if operand.value.lstrip("-")[0].isdigit() else operand
    if type_.name in _INTEGERS | _FRACTIONS and _NUMBER.match(text.strip()) and any(map(str.isdigit, text)):
        return _numeric(number(text.strip()), type_)
    if type_.name == "boolean":
        return _BOOLEANS.get(text.strip().lower(), operand)
    if type_.name == "regclass":
        return string(text.removeprefix("public."))
    return _document(operand, text) if type_.name == "jsonb" else operand


def _document(operand: Node, text: str) -> Node:
    """A constant of type jsonb, which keeps neither white space nor the order of keys."""
    try:
        return string(json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False))
    except (ValueError, RecursionError):
        return operand


def _numeric(operand: Node, type_: SqlType) -> Node:
    """A number of a type: whole numbers of a fractional type are written `2.0`, and rounding stays visible."""
    if type_.name in _FRACTIONS:
        return operand if "." in operand.value else number(operand.value + ".0")
    whole = plain(operand)
    return Node(Shape.CAST, type_.name, (operand,)) if type_.name in _INTEGERS and "." in whole.value else whole


def _array_literal(operand: Node) -> Node:
    """`'{a,b}'::text[]` as the array it is, where its elements are plain words."""
    text = unquoted(operand)
    if text is None or not re.fullmatch(r"\{[^\s{}\"\\,]+(,[^\s{}\"\\,]+)*\}", text):
        return operand
    elements = text[1:-1].split(",")
    if any(element.lower() == "null" for element in elements):
        return operand
    return Node(Shape.CONSTRUCT, "array", tuple(string(element) for element in elements))


def call(name: str, arguments: Iterable[Node]) -> Node:
    """A function call; the spellings of the transaction's time become `now()`."""
    parts = tuple(_without_text_cast(argument) for argument in arguments)
    if name in {"now", "current_timestamp", "localtimestamp", "transaction_timestamp"}:
        return NOW
    return Node(Shape.CALL, _SYNONYMS.get(name, name), parts)


def negate(node: Node) -> Node:
    """NOT, pushed down as far as three-valued logic allows."""
    match node.shape:
        case Shape.NOT:
            return node.parts[0]
        case Shape.IS_NULL:
            return Node(Shape.IS_NOT_NULL, parts=node.parts)
        case Shape.IS_NOT_NULL:
            return Node(Shape.IS_NULL, parts=node.parts)
        case Shape.IN:
            return Node(Shape.NOT_IN, parts=node.parts)
        case Shape.NOT_IN:
            return Node(Shape.IN, parts=node.parts)
        case Shape.AND:
            return connect(Shape.OR, (negate(part) for part in node.parts))
        case Shape.OR:
            return connect(Shape.AND, (negate(part) for part in node.parts))
        case Shape.OPERATOR if node.value in NEGATED:
            return compare(NEGATED[node.value], *node.parts)
        case Shape.LITERAL if node in (TRUE, FALSE):
            return FALSE if node == TRUE else TRUE
        case _:
            return Node(Shape.NOT, parts=(node,))


def compare(operator: str, left: Node, right: Node) -> Node:
    """A comparison: constants on the right, otherwise the operands in alphabetical order."""
    left, right = plain(_without_invented_cast(left)), plain(_without_invented_cast(right))
    swap = left.shape is Shape.LITERAL if (left.shape is Shape.LITERAL) != (right.shape is Shape.LITERAL) else False
    if left.shape is not Shape.LITERAL and right.shape is not Shape.LITERAL:
        swap = str(left) > str(right)
    if swap:
        left, right, operator = right, left, MIRRORED[operator]
    if operator in {"=", "<>"} and right in (TRUE, FALSE):
        return left if (operator == "=") == (right == TRUE) else negate(left)
    return Node(Shape.OPERATOR, operator, (left, right))


def membership(subject: Node, values: Iterable[Node], *, negated: bool = False) -> Node:
    """`subject IN (values)`, sorted and without doubles; one value alone is a comparison."""
    members = {plain(_without_text_cast(value)) for value in values}
    subject = _without_text_cast(subject)
    if len(members) == 1:
        return compare("<>" if negated else "=", subject, members.pop())
    return Node(Shape.NOT_IN if negated else Shape.IN, parts=(subject, *sorted(members, key=str)))


def connect(shape: Shape, terms: Iterable[Node]) -> Node:
    """AND or OR: flattened, sorted, without doubles; equalities on one subject become IN (with OR)."""
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.parts if term.shape is shape else (term,))
    merge, single = (Shape.IN, "=") if shape is Shape.OR else (Shape.NOT_IN, "<>")
    values: dict[Node, set[Node]] = {}
    rest: list[Node] = []
    for term in flat:
        if term.shape is merge:
            values.setdefault(term.parts[0], set()).update(term.parts[1:])
        elif term.shape is Shape.OPERATOR and term.value == single and term.parts[1].shape is Shape.LITERAL:
            values.setdefault(term.parts[0], set()).add(term.parts[1])
        else:
            rest.append(term)
    rest.extend(membership(subject, found, negated=shape is Shape.AND) for subject, found in values.items())
    unique = sorted(set(rest), key=str)
    return unique[0] if len(unique) == 1 else Node(shape, parts=tuple(unique))


def operate(operator: str, left: Node, right: Node) -> Node:
    """Any other operator of two operands; their order stays."""
    if operator in MIRRORED:
        return compare(operator, left, right)
    if operator in _ARITHMETIC:
        left, right = _with_one_cast(left, right)
    return Node(Shape.OPERATOR, operator, (_without_text_cast(left), _without_text_cast(right)))


def _without_text_cast(node: Node) -> Node:
    """Without the cast to text that servers put around text operands."""
    if node.shape is Shape.CAST and parse_type(node.value).name in _TEXTS:
        return node.parts[0]
    return node


def _without_invented_cast(node: Node) -> Node:
    """Without the casts that a server adds so that both sides of a comparison have one type."""
    node = _without_text_cast(node)
    return node.parts[0] if _is_fraction(node) else node


def _with_one_cast(left: Node, right: Node) -> tuple[Node, Node]:
    """Arithmetic on two types: the server casts the other operand too, so that one cast says it all.

    The last cast must stay, for it is what keeps a division exact, unless a constant like `2.0` does.
    """
    casts = [node for node in (left, right) if _is_fraction(node)]
    if not casts:
        return left, right
    exact = any(node.shape is Shape.LITERAL and "." in node.value for node in (left, right))
    left, right = (node.parts[0] if _is_fraction(node) else node for node in (left, right))
    return (left if exact else Node(Shape.CAST, max(cast.value for cast in casts), (left,))), right


def _is_fraction(node: Node) -> bool:
    return node.shape is Shape.CAST and parse_type(node.value).name in _FRACTIONS


def _print(node: Node) -> str:
    match node.shape:
        case Shape.COLUMN:
            name = node.value if _PLAIN.match(node.value) else '"' + node.value.replace('"', '""') + '"'
            return f"{_print(node.parts[0])}.{name}" if node.parts else name
        case Shape.LITERAL | Shape.WORD:
            return f"{node.value} {' '.join(map(_operand, node.parts))}" if node.parts else node.value
        case Shape.CALL | Shape.CONSTRUCT:
            return f"{node.value}({', '.join(map(_print, node.parts))})"
        case Shape.OPERATOR:
            return f"{_operand(node.parts[0])} {node.value} {_operand(node.parts[1])}"
        case Shape.AND | Shape.OR:
            return f" {node.shape.name} ".join(map(_operand, node.parts))
        case Shape.NOT:
            return f"NOT {_operand(node.parts[0])}"
        case Shape.IN | Shape.NOT_IN:
            word = "IN" if node.shape is Shape.IN else "NOT IN"
            return f"{_operand(node.parts[0])} {word} ({', '.join(map(_print, node.parts[1:]))})"
        case Shape.IS_NULL:
            return f"{_operand(node.parts[0])} IS NULL"
        case Shape.IS_NOT_NULL:
            return f"{_operand(node.parts[0])} IS NOT NULL"
        case Shape.CAST:
            return f"{_operand(node.parts[0])}::{node.value}"


def _operand(node: Node) -> str:
    atomic = node.shape in {Shape.COLUMN, Shape.LITERAL, Shape.CALL, Shape.CONSTRUCT}
    return _print(node) if atomic else f"({_print(node)})"
