"""Types, columns and constraints as they stand in CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tree_sitter import Node

from dbarchitect.catalog.expressions import Expression, expression
from dbarchitect.catalog.members import Action, Check, Column, Exclusion, ForeignKey, Identity, UniqueKey
from dbarchitect.catalog.refs import Origin, Ref
from dbarchitect.catalog.types import SqlType, parse_type
from dbarchitect.engines.postgresql.names import without_public
from dbarchitect.engines.postgresql.types import read_type
from dbarchitect.sources.sqlfiles.tree import child, collect, first, has_words, name_of, qualified, text, words

Locate = Callable[[Node], Origin]

_SERIALS = frozenset({"serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"})
_CHARACTER = re.compile(r"(?:national\s+)?(?:character|char|nchar)(\s+varying)?(?=\s*(?:\(|\[|$|array))", re.IGNORECASE)
_QUOTED_PUBLIC = re.compile(r'(?<![\w$."])"public"\s*\.\s*(?=[\w"])')
_DOLLAR_QUOTED = re.compile(r"(?<![\w$])(\$(?:[A-Za-z_]\w*)?\$)(.*?)\1", re.DOTALL)
_ACTIONS = {
    ("NO", "ACTION"): Action.NO_ACTION,
    ("RESTRICT",): Action.RESTRICT,
    ("CASCADE",): Action.CASCADE,
    ("SET", "NULL"): Action.SET_NULL,
    ("SET", "DEFAULT"): Action.SET_DEFAULT,
}


@dataclass
class ColumnParts:
    """A column definition: the column, and the constraints written with it. `serial` asks for a sequence."""

    column: Column
    serial: bool = False
    sequence: tuple[str | None, str] | None = None
    primary_key: UniqueKey | None = None
    unique_keys: list[UniqueKey] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)


def to_expression(node: Node | None, type_: SqlType | None = None) -> Expression | None:
    """An expression as the model holds it, without `public.`."""
    return None if node is None else expression(unqualified(text(node)), type_)


def unqualified(spelled: str) -> str:
    """The text without the default schema before names, quoted or not, and with strings in their usual quotes."""
    if "$" in spelled:
        spelled = _DOLLAR_QUOTED.sub(lambda match: "'" + match[2].replace("'", "''") + "'", spelled)
    return without_public(_QUOTED_PUBLIC.sub("public.", spelled) if '"public"' in spelled else spelled)


def required(node: Node | None, type_: SqlType | None = None) -> Expression:
    """An expression that the grammar guarantees."""
    return to_expression(node, type_) or expression("null")


_COMMENT = re.compile(r"--[^\n]*+|/\*.*?\*/|(?P<unclosed>/\*.*+)", re.DOTALL)


def type_of(node: Node | None) -> SqlType:
    """The type that a Typename is; comments inside are dropped."""
    if node is None:
        return SqlType("")
    spelled = " ".join(_COMMENT.sub(r"\g<unclosed> ", text(node)).split())
    match = _CHARACTER.match(spelled)
    if match is not None:
        spelled = ("character varying" if match[1] else "character") + spelled[match.end() :]
    spelled = re.sub(r"\Avarbit\b", "bit varying", spelled, flags=re.IGNORECASE)
    if spelled.lower().startswith("bpchar"):
        return read_type(spelled.lower())
    return parse_type(spelled)


def read_column(node: Node, locate: Locate) -> ColumnParts:
    """A columnDef."""
    name = name_of(child(node, "ColId")) or ""
    typename = child(node, "Typename")
    spelled = text(typename).strip().strip('"').lower() if typename is not None else ""
    serial = spelled.removeprefix("pg_catalog.") in _SERIALS
    column = Column(name, type_of(typename), nullable=not serial, origin=locate(node))
    return read_column_constraints(ColumnParts(column, serial), child(node, "ColQualList"), locate)


def read_column_constraints(parts: ColumnParts, node: Node | None, locate: Locate) -> ColumnParts:
    """The constraints of a column, in order; what follows a key (DEFERRABLE) belongs to the key before it."""
    for constraint in collect(node, "ColConstraint"):
        element = child(constraint, "ColConstraintElem")
        if element is None:
            attribute = child(constraint, "ConstraintAttr")
            if attribute is not None:
                _defer_last(parts, words(attribute))
            elif has_words(constraint, "COLLATE"):
                collation = name_of(child(constraint, "any_name"))
                parts.column = replace(parts.column, collation=None if collation == "default" else collation)
            continue
        _read_element(parts, element, name_of(child(constraint, "name")), locate)
    return parts


def _read_element(parts: ColumnParts, node: Node, name: str | None, locate: Locate) -> None:
    column, head = parts.column, words(node)
    if head[:2] == ("NOT", "NULL"):
        parts.column = replace(column, nullable=False)
    elif head[:2] == ("PRIMARY", "KEY"):
        parts.primary_key = UniqueKey((column.name,), name, origin=locate(node))
        parts.column = replace(column, nullable=False)
    elif head[:1] == ("UNIQUE",):
        parts.unique_keys.append(_nulls(UniqueKey((column.name,), name, origin=locate(node)), node))
    elif head[:1] == ("CHECK",):
        parts.checks.append(_check(node, name, locate))
    elif head[:1] == ("DEFAULT",):
        value = next((c for c in node.children if c.type in {"b_expr", "a_expr"}), None)
        default = to_expression(value, column.type)
        parts.column = replace(column, default=None if default is None or _is_null(default) else default)
    elif head[:1] == ("REFERENCES",):
        parts.foreign_keys.append(_reference(node, (column.name,), name, locate))
    elif head[:1] == ("GENERATED",) and "IDENTITY" in head:
        always = has_words(child(node, "generated_when"), "ALWAYS")
        parts.column = replace(column, identity=Identity.ALWAYS if always else Identity.BY_DEFAULT, nullable=False)
        named = next((e for e in collect(node, "SeqOptElem") if has_words(e, "SEQUENCE", "NAME")), None)
        target = child(named, "any_name")
        parts.sequence = qualified(target) if target is not None else None
    elif head[:1] == ("GENERATED",):
        kind = child(node, "opt_virtual_or_stored")
        stored = not has_words(kind, "VIRTUAL")
        parts.column = replace(column, generated=required(child(node, "a_expr")), generated_stored=stored)


def _is_null(default: Expression) -> bool:
    """DEFAULT NULL, which the server does not keep."""
    return default.canonical.upper() == "NULL"


def _defer_last(parts: ColumnParts, attribute: tuple[str, ...]) -> None:
    if attribute not in {("DEFERRABLE",), ("INITIALLY", "DEFERRED")}:
        return
    deferred = attribute[0] == "INITIALLY"
    if parts.foreign_keys:
        last = parts.foreign_keys[-1]
        deferred = deferred or last.initially_deferred
        parts.foreign_keys[-1] = replace(last, deferrable=True, initially_deferred=deferred)
    elif parts.unique_keys:
        parts.unique_keys[-1] = replace(parts.unique_keys[-1], deferrable=True, initially_deferred=deferred)
    elif parts.primary_key is not None:
        parts.primary_key = replace(parts.primary_key, deferrable=True, initially_deferred=deferred)


def _check(node: Node, name: str | None, locate: Locate) -> Check:
    no_inherit = child(node, "opt_no_inherit") is not None or _attribute(node, "NO", "INHERIT")
    return Check(required(child(node, "a_expr")), not _attribute(node, "NOT", "VALID"), no_inherit, name, locate(node))


def _nulls(key: UniqueKey, node: Node) -> UniqueKey:
    return replace(key, nulls_not_distinct=has_words(child(node, "opt_unique_null_treatment"), "NOT", "DISTINCT"))


def column_names(node: Node | None) -> tuple[str, ...]:
    """The names in a columnList or any clause around one."""
    return tuple(name_of(element) or "" for element in collect(node, "columnElem"))


def _reference(node: Node, columns: tuple[str, ...], name: str | None, locate: Locate) -> ForeignKey:
    target = child(node, "qualified_name")
    schema, table = qualified(target) if target is not None else (None, "")
    actions = child(node, "key_actions")
    on_delete, on_update = first(actions, "key_delete"), first(actions, "key_update")
    return ForeignKey(
        columns,
        Ref.of_table(table, schema),
        column_names(child(node, "opt_column_list", "opt_column_and_period_list")),
        _ACTIONS.get(words(child(on_delete, "key_action")), Action.NO_ACTION),
        _ACTIONS.get(words(child(on_update, "key_action")), Action.NO_ACTION),
        match_full=has_words(child(node, "key_match"), "FULL"),
        deferrable=_deferrable(node),
        initially_deferred=_attribute(node, "INITIALLY", "DEFERRED"),
        validated=not _attribute(node, "NOT", "VALID"),
        name=name,
        on_delete_written=on_delete is not None,
        origin=locate(node),
    )


def _attribute(node: Node, *wanted: str) -> bool:
    return any(words(a) == wanted for a in collect(child(node, "ConstraintAttributeSpec"), "ConstraintAttributeElem"))


def _deferrable(node: Node) -> bool:
    return _attribute(node, "DEFERRABLE") or _attribute(node, "INITIALLY", "DEFERRED")


@dataclass(frozen=True, slots=True)
class NotNull:
    """A table constraint NOT NULL, which PostgreSQL 18 has."""

    column: str


@dataclass(frozen=True, slots=True)
class KeyOverIndex:
    """A key made of an index that is there."""

    index: str
    primary: bool
    name: str | None
    deferrable: bool
    initially_deferred: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class PrimaryKey:
    """A PRIMARY KEY, told from a unique key."""

    key: UniqueKey


Constraint = PrimaryKey | UniqueKey | ForeignKey | Check | Exclusion | NotNull | KeyOverIndex


def read_table_constraint(node: Node, locate: Locate) -> Constraint | None:
    """A TableConstraint; None for one that the grammar could not read."""
    name, element = name_of(child(node, "name")), child(node, "ConstraintElem")
    if element is None:
        return None
    head = words(element)
    if head[:1] == ("CHECK",):
        return replace(_check(element, name, locate), origin=locate(node))
    if head[:1] == ("FOREIGN",):
        return replace(
            _reference(element, column_names(child(element, "columnList")), name, locate), origin=locate(node)
        )
    if head[:1] == ("EXCLUDE",):
        return _exclusion(element, name, locate)
    if head[:2] == ("NOT", "NULL"):
        return NotNull(name_of(child(element, "ColId")) or "")
    if head[:1] in {("UNIQUE",), ("PRIMARY",)}:
        deferrable, deferred = _deferrable(element), _attribute(element, "INITIALLY", "DEFERRED")
        existing = child(element, "ExistingIndex")
        if existing is not None:
            index = name_of(child(existing, "name")) or ""
            return KeyOverIndex(index, head[0] == "PRIMARY", name, deferrable, deferred, locate(node))
        included = column_names(child(element, "opt_c_include"))
        columns = column_names(child(element, "columnList"))
        key = _nulls(UniqueKey(columns, name, included, deferrable, deferred, origin=locate(node)), element)
        return PrimaryKey(key) if head[0] == "PRIMARY" else key
    return None


def _exclusion(node: Node, name: str | None, locate: Locate) -> Exclusion:
    method = name_of(child(child(node, "access_method_clause"), "name")) or "btree"
    return Exclusion(
        tuple(_exclusion_elements(node)),
        method,
        to_expression(child(child(node, "OptWhereClause"), "a_expr")),
        _deferrable(node),
        _attribute(node, "INITIALLY", "DEFERRED"),
        name,
        locate(node),
    )


def _exclusion_elements(node: Node) -> Iterator[tuple[str, str]]:
    for element in collect(node, "ExclusionConstraintElem"):
        key = child(element, "index_elem")
        column = child(key, "ColId")
        inner = child(key, "func_expr_windowless", "a_expr")
        operator = first(element, "any_operator")
        spelled = name_of(column) if column is not None else unqualified(text(inner)) if inner is not None else ""
        yield spelled or "", text(operator).rpartition(".")[2] if operator is not None else ""
