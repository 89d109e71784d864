"""CREATE statements of everything but tables and indexes, and the statements that alter just those objects."""

from __future__ import annotations

import re
from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.objects import (
    Check,
    Domain,
    Enum,
    Extension,
    Function,
    Grant,
    Policy,
    Sequence,
    Table,
    Trigger,
    View,
)
from dbarchitect.catalog.refs import Kind, Ref
from dbarchitect.catalog.types import SqlType
from dbarchitect.engines.postgresql.names import literal, quote
from dbarchitect.engines.postgresql.names import qualified as qualified_name
from dbarchitect.engines.postgresql.objects import fold
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    column_names,
    required,
    to_expression,
    type_of,
    unqualified,
)
from dbarchitect.sources.sqlfiles.postgresql.invented import is_relation, object_name
from dbarchitect.sources.sqlfiles.postgresql.tables import Context, read_options
from dbarchitect.sources.sqlfiles.schema import Unreplayable
from dbarchitect.sources.sqlfiles.tree import (
    child,
    collect,
    first,
    has_words,
    name_of,
    names,
    qualified,
    string,
    text,
    words,
)

_TRUE = frozenset({"true", "on", "1", "yes"})
_LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})
_EVENTS = ("insert", "update", "delete", "truncate")


def create_type(context: Context, node: Node) -> None:
    """CREATE TYPE … AS ENUM; other types have no object in the model."""
    target = child(node, "any_name")
    if not has_words(node, "AS", "ENUM") or target is None:
        return
    key = context.schema.key(*qualified(target))
    if key in context.schema.enums:
        raise Unreplayable(f"there is a type {key[1]} already")
    values = tuple(string(v) or "" for v in collect(node, "Sconst"))
    context.schema.enums[key] = Enum(key[1], values, key[0], origin=context.locate(node))


def alter_enum(context: Context, node: Node) -> None:
    """ALTER TYPE … ADD VALUE, RENAME VALUE."""
    target = child(node, "any_name")
    found = context.schema.find(*qualified(target), context.schema.enums) if target is not None else None
    if found is None:
        raise Unreplayable("there is no such enum type in the statements before")
    enum = context.schema.enums[found]
    constants = [string(c) or "" for c in node.children if c.type == "Sconst"]
    if has_words(node, "RENAME", "VALUE"):
        values = tuple(constants[1] if v == constants[0] else v for v in enum.values)
        context.schema.rename_value(found, constants[0], constants[1])
    elif has_words(node, "DROP", "VALUE"):
        values = tuple(v for v in enum.values if v != constants[0])
    elif constants[0] in enum.values:
        if child(node, "opt_if_not_exists") is not None:
            return
        raise Unreplayable(f"enum {enum.name} has a value {constants[0]!r} already")
    else:
        at = len(enum.values)
        if len(constants) > 1 and constants[1] in enum.values:
            at = enum.values.index(constants[1]) + has_words(node, "AFTER")
        values = (*enum.values[:at], constants[0], *enum.values[at:])
    context.schema.enums[found] = replace(enum, values=values)


def create_domain(context: Context, node: Node) -> None:
    """CREATE DOMAIN."""
    target = child(node, "any_name")
    if target is None:
        raise Unreplayable("the domain has no name")
    key = context.schema.key(*qualified(target))
    if key in context.schema.domains:
        raise Unreplayable(f"there is a domain {key[1]} already")
    type_ = context.schema.resolve_type(type_of(child(node, "Typename")))
    domain = Domain(key[1], type_, key[0], origin=context.locate(node))
    for constraint in collect(child(node, "ColQualList"), "ColConstraint"):
        domain = _with_constraint(domain, constraint, child(constraint, "ColConstraintElem"))
    context.schema.domains[key] = domain


def _with_constraint(domain: Domain, node: Node, element: Node | None) -> Domain:
    head = words(element)
    if element is None or not head:
        return domain
    if head[:2] == ("NOT", "NULL"):
        return replace(domain, nullable=False)
    if head[0] == "DEFAULT":
        return replace(domain, default=to_expression(first(element, "b_expr", "a_expr"), domain.type))
    if head[0] == "CHECK":
        name = name_of(child(node, "name")) or _domain_check_name(domain)
        not_valid = any(words(a) == ("NOT", "VALID") for a in collect(element, "ConstraintAttributeElem"))
        check = Check(required(child(element, "a_expr")), not not_valid, name=name)
        checks = sorted((*domain.checks, check), key=lambda c: c.expression.canonical)
        return replace(domain, checks=tuple(checks))
    return domain


def _domain_check_name(domain: Domain) -> str:
    taken = {check.name for check in domain.checks}
    name, number = object_name(domain.name, None, "check"), 0
    while name in taken:
        number += 1
        name = object_name(domain.name, None, f"check{number}")
    return name


def alter_domain(context: Context, node: Node) -> None:
    """ALTER DOMAIN."""
    target = child(node, "any_name")
    key = context.schema.find(*qualified(target), context.schema.domains) if target is not None else None
    if key is None:
        raise Unreplayable("there is no such domain in the statements before")
    domain, head = context.schema.domains[key], words(node)[2:]
    added, default = child(node, "DomainConstraint"), child(node, "alter_column_default")
    if added is not None:
        domain = _with_constraint(domain, added, child(added, "DomainConstraintElem"))
    elif default is not None:
        domain = replace(domain, default=to_expression(child(default, "a_expr"), domain.type))
    elif head[:1] == ("DROP",) and "CONSTRAINT" in head:
        name = name_of(child(node, "name"))
        domain = replace(domain, checks=tuple(c for c in domain.checks if c.name != name))
    elif head[:1] == ("VALIDATE",):
        name = name_of(child(node, "name"))
        domain = replace(
            domain, checks=tuple(replace(c, validated=True) if c.name == name else c for c in domain.checks)
        )
    elif head[-2:] == ("NOT", "NULL"):
        domain = replace(domain, nullable=head[0] == "DROP")
    context.schema.domains[key] = domain


def create_sequence(context: Context, node: Node) -> None:
    """CREATE SEQUENCE."""
    target = child(node, "qualified_name")
    if target is None or child(node, "OptTemp") is not None:
        return
    key = context.schema.key(*qualified(target))
    if is_relation(context.schema, key):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {key[1]} already")
    context.schema.sequences[key] = Sequence(key[1], key[0], SqlType("bigint"), origin=context.locate(node))
    alter_sequence(context, node)


def alter_sequence(context: Context, node: Node) -> None:
    """The options of CREATE and ALTER SEQUENCE."""
    target = child(node, "qualified_name")
    key = context.schema.find(*qualified(target), context.schema.sequences) if target is not None else None
    if key is None:
        if has_words(node, "IF", "EXISTS"):
            return
        raise Unreplayable("there is no such sequence in the statements before")
    sequence = context.schema.sequences[key]
    for option in collect(node, "SeqOptElem"):
        head = words(option)
        number = first(option, "NumericOnly")
        value = int(text(number).replace(" ", "").replace("_", "")) if number is not None else None
        if head[:1] == ("AS",):
            type_ = type_of(first(option, "SimpleTypename"))
            sequence = replace(sequence, type=replace(type_, spelled=""))
        elif head[:1] == ("START",) and value is not None:
            sequence = replace(sequence, start=value)
        elif head[:1] == ("INCREMENT",) and value is not None:
            sequence = replace(sequence, increment=value)
        elif head[:1] == ("MAXVALUE",) or head == ("NO", "MAXVALUE"):
            sequence = replace(sequence, maximum=value)
        elif head[-1:] == ("CYCLE",):
            sequence = replace(sequence, cycle=head[0] != "NO")
        elif head[:1] == ("OWNED",):
            owner = names(text(first(option, "any_name") or option))
            context.schema.sequence_owners.pop(key, None)
            if len(owner) > 1:
                table = context.schema.table(owner[-3] if len(owner) > 2 else None, owner[-2])
                context.schema.sequence_owners[key] = ((table.schema, table.name), owner[-1])
    largest = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}.get(sequence.type.name)
    if sequence.maximum == largest:
        sequence = replace(sequence, maximum=None)
    context.schema.sequences[key] = sequence


def create_view(context: Context, node: Node) -> None:
    """CREATE VIEW and CREATE MATERIALIZED VIEW."""
    target = first(node, "qualified_name")
    if target is None:
        raise Unreplayable("the view has no name")
    temporary = {"TEMP", "TEMPORARY"} & set(words(child(node, "OptTemp")))
    key = context.schema.key(*qualified(target))
    if temporary:
        context.schema.temporary.add(key[1])
        return
    replaces = has_words(node, "OR", "REPLACE")
    if is_relation(context.schema, key) and not (replaces and key in context.schema.views):
        if has_words(node, "IF", "NOT", "EXISTS"):
            return
        raise Unreplayable(f"there is a {key[1]} already")
    query = child(node, "SelectStmt")
    options = dict(option.partition("=")[::2] for option in read_options(child(node, "opt_reloptions")))
    columns = column_names(first(node, "opt_column_list")) if first(node, "opt_column_list") is not None else ()
    context.schema.views[key] = View(
        key[1],
        fold(unqualified(text(query))) if query is not None else "",
        key[0],
        materialized=node.type == "CreateMatViewStmt",
        columns=columns or _selected_names(query),
        security_invoker=options.get("security_invoker", "").lower() in _TRUE,
        security_barrier=options.get("security_barrier", "").lower() in _TRUE,
        populated=not has_words(child(node, "opt_with_data"), "NO", "DATA"),
        origin=context.locate(node),
    )


def _selected_names(query: Node | None) -> tuple[str, ...]:
    """The columns that a query gives, by their names; empty where `*` or an expression without a name is among them."""
    found: list[str] = []
    for element in collect(first(query, "target_list"), "target_el"):
        label = child(element, "ColLabel", "BareColLabel")
        name = name_of(label)
        if name is None:
            spelled = text(element).strip()
            if (
                re.fullmatch(r'(?:(?:"(?:[^"]|"")+"|[\w$]+)\s*\.\s*)*(?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)', spelled)
                is None
            ):
                return ()
            name = names(spelled)[-1]
        found.append(name)
    return tuple(found)


def create_function(context: Context, node: Node) -> None:
    """CREATE FUNCTION and CREATE PROCEDURE."""
    target = child(node, "func_name")
    if target is None:
        raise Unreplayable("the function has no name")
    key = context.schema.key(*qualified(target))
    if key[0] == "pg_temp":
        return
    arguments = ", ".join(_argument(a) for a in collect(child(node, "func_args_with_defaults"), "func_arg"))
    options = [*collect(node, "createfunc_opt_item"), *collect(node, "common_func_opt_item")]
    language, volatility, definer, settings = "sql", "volatile", False, []
    for option in options:
        head = words(option)
        if head[:1] == ("LANGUAGE",):
            spelled = first(option, "NonReservedWord_or_Sconst")
            language = (text(spelled) if spelled is not None else "sql").strip("'\"").lower()
    for option in collect(node, "common_func_opt_item"):
        head = words(option)
        if head[:1] in {("IMMUTABLE",), ("STABLE",), ("VOLATILE",)}:
            volatility = head[0].lower()
        elif "DEFINER" in head:
            definer = True
        setting = _setting(option)
        if setting is not None:
            settings.append(setting)
    context.schema.functions[key, arguments] = Function(
        key[1],
        arguments,
        key[0],
        _returns(node),
        language,
        definer,
        tuple(settings),
        volatility,
        text(node),
        origin=context.locate(node),
    )


def _argument(node: Node) -> str:
    mode = " ".join(words(child(node, "arg_class")))
    name, type_ = child(node, "param_name"), child(node, "func_type")
    spelled = str(type_of(first(type_, "Typename"))) if type_ is not None else ""
    parts = ["" if mode in {"", "IN"} else mode, _spelled_name(name), spelled]
    return " ".join(part for part in parts if part)


def _returns(node: Node) -> str:
    returned = child(node, "func_return")
    if returned is not None:
        typename = first(returned, "Typename")
        prefix = "SETOF " if has_words(typename, "SETOF") else ""
        return prefix + str(type_of(first(typename, "SimpleTypename") if prefix else typename))
    columns = [_table_column(c) for c in collect(node, "table_func_column")]
    if columns:
        return f"TABLE({', '.join(columns)})"
    given = [a for a in collect(node, "func_arg") if {"OUT", "INOUT"} & set(words(child(a, "arg_class")))]
    if has_words(node, "PROCEDURE") or not given:
        return ""
    return "record" if len(given) > 1 else str(type_of(first(child(given[0], "func_type"), "Typename")))


def _table_column(node: Node) -> str:
    name = child(node, "param_name")
    return f"{_spelled_name(name)} {type_of(first(node, 'Typename'))}".strip()


def _spelled_name(node: Node | None) -> str:
    """A parameter's name as the server prints it."""
    name = name_of(node)
    return quote(name) if name is not None else ""


def _setting(node: Node) -> str | None:
    generic = first(node, "generic_set")
    if generic is None:
        return None
    name = ".".join(names(text(child(generic, "var_name") or generic)))
    values = [string_or_name(text(v).strip()) for v in collect(generic, "var_value")]
    listed = name in _LISTS
    return f"{name}=" + ", ".join(quote(v) if listed else v for v in values)


def alter_function(context: Context, node: Node) -> None:
    """ALTER FUNCTION … SECURITY, SET, volatility."""
    target = child(node, "function_with_argtypes")
    name = names(text(first(target, "func_name", "ColId") or node))
    for key, function in list(context.schema.functions.items()):
        if key[0][1] != name[-1]:
            continue
        for option in collect(node, "common_func_opt_item"):
            head, setting = words(option), _setting(option)
            if "SECURITY" in head:
                function = replace(function, security_definer="DEFINER" in head)  # noqa: PLW2901 - the same, changed
            elif setting is not None:
                kept = tuple(s for s in function.settings if s.partition("=")[0] != setting.partition("=")[0])
                function = replace(function, settings=(*kept, setting))  # noqa: PLW2901
            elif head[:1] in {("IMMUTABLE",), ("STABLE",), ("VOLATILE",)}:
                function = replace(function, volatility=head[0].lower())  # noqa: PLW2901
        context.schema.functions[key] = function


def create_trigger(context: Context, node: Node) -> None:
    """CREATE TRIGGER; one on a view has no place in the model."""
    target, name = child(node, "qualified_name"), name_of(child(node, "name")) or ""
    if target is None:
        raise Unreplayable("the trigger is on nothing")
    written, on = qualified(target)
    if context.schema.find(written, on, context.schema.views) is not None:
        return
    table = context.schema.table(written, on)
    if any(t.name == name for t in table.triggers):
        if child(node, "opt_or_replace") is None:
            raise Unreplayable(f"{table.name} has a trigger {name} already")
        table = replace(table, triggers=tuple(t for t in table.triggers if t.name != name))
    timing = words(child(node, "TriggerActionTime")) or ("AFTER",)
    fired = [words(e)[0].lower() for e in collect(child(node, "TriggerEvents"), "TriggerOneEvent")]
    function = names(text(child(node, "func_name") or node))
    deferred = child(node, "ConstraintAttributeSpec") is not None and "DEFERRABLE" in text(node).upper()
    more = bool(collect(node, "TriggerFuncArg")) or deferred or child(node, "TriggerReferencing") is not None
    when = first(child(node, "TriggerWhen"), "a_expr")
    each = child(node, "TriggerForSpec")
    trigger = Trigger(
        name,
        " ".join(timing).lower(),
        tuple(event for event in _EVENTS if event in fired),
        for_each_row="ROW" in text(each).upper() if each is not None else _each_row(node),
        function=".".join(part for part in function[-2:] if part != "public"),
        body=None,
        columns=column_names(child(node, "TriggerEvents")),
        when=to_expression(when),
        constraint=has_words(node, "CONSTRAINT", "TRIGGER"),
        origin=context.locate(node),
    )
    if more:
        trigger = replace(trigger, body=_trigger_statement(node, trigger, table))
    context.schema.put(replace(table, triggers=(*table.triggers, trigger)))


def _trigger_statement(node: Node, trigger: Trigger, table: Table) -> str:
    """The statement as the server prints it: arguments, transition tables and deferrability stand nowhere else."""
    events = [
        f"{event.upper()} OF {', '.join(map(quote, trigger.columns))}"
        if event == "update" and trigger.columns
        else event.upper()
        for event in trigger.events
    ]
    attributes = [words(a) for a in collect(node, "ConstraintAttributeElem")]
    deferred = ("INITIALLY", "DEFERRED") in attributes
    deferrable = deferred or ("DEFERRABLE",) in attributes
    referencing = child(node, "TriggerReferencing")
    function = names(text(child(node, "func_name") or node))
    arguments = ", ".join(literal(string(a) or text(a)) for a in collect(node, "TriggerFuncArg"))
    parts = [
        "CREATE CONSTRAINT TRIGGER" if trigger.constraint else "CREATE TRIGGER",
        quote(trigger.name),
        trigger.timing.upper(),
        " OR ".join(events),
        "ON",
        qualified_name(table.schema, table.name),
        "DEFERRABLE INITIALLY DEFERRED" if deferred else "DEFERRABLE INITIALLY IMMEDIATE" if deferrable else "",
        "NOT DEFERRABLE INITIALLY IMMEDIATE" if trigger.constraint and not deferrable else "",
        fold(text(referencing)) if referencing is not None else "",
        "FOR EACH ROW" if trigger.for_each_row else "FOR EACH STATEMENT",
        f"WHEN ({trigger.when})" if trigger.when is not None else "",
        "EXECUTE FUNCTION",
        qualified_name(*(function[-2:] if len(function) > 1 and function[-2] != "public" else (None, function[-1])))
        + f"({arguments})",
    ]
    return " ".join(part for part in parts if part)


def _each_row(node: Node) -> bool:
    return has_words(node, "FOR", "EACH", "ROW") or has_words(node, "FOR", "ROW")


def create_policy(context: Context, node: Node) -> None:
    """CREATE POLICY."""
    target, name = child(node, "qualified_name"), name_of(child(node, "name")) or ""
    if target is None:
        raise Unreplayable("the policy is on nothing")
    table = context.schema.table(*qualified(target))
    if any(p.name == name for p in table.policies):
        raise Unreplayable(f"{table.name} has a policy {name} already")
    command = first(child(node, "RowSecurityDefaultForCmd"), "row_security_cmd")
    kind = child(node, "RowSecurityDefaultPermissive")
    policy = Policy(
        name,
        text(command).lower() if command is not None else "all",
        permissive=kind is None or not text(kind).upper().endswith("RESTRICTIVE"),
        roles=_roles(child(node, "RowSecurityDefaultToRole")),
        using=to_expression(first(child(node, "RowSecurityOptionalExpr"), "a_expr")),
        check=to_expression(first(child(node, "RowSecurityOptionalWithCheck"), "a_expr")),
        origin=context.locate(node),
    )
    context.schema.put(replace(table, policies=(*table.policies, policy)))


def _roles(node: Node | None) -> tuple[str, ...]:
    """The roles of a policy, sorted; none for PUBLIC."""
    found = {(name_of(role) or "") for role in collect(node, "RoleSpec")}
    return () if "public" in found else tuple(sorted(found))


def alter_policy(context: Context, node: Node) -> None:
    """ALTER POLICY."""
    target, name = child(node, "qualified_name"), name_of(child(node, "name"))
    table = context.schema.table(*qualified(target)) if target is not None else None
    if table is None or all(p.name != name for p in table.policies):
        raise Unreplayable(f"there is no policy {name} in the statements before")
    to = child(node, "RowSecurityOptionalToRole")
    using = to_expression(first(child(node, "RowSecurityOptionalExpr"), "a_expr"))
    check = to_expression(first(child(node, "RowSecurityOptionalWithCheck"), "a_expr"))
    policies = tuple(
        replace(
            p,
            roles=_roles(to) if to is not None else p.roles,
            using=using if using is not None else p.using,
            check=check if check is not None else p.check,
        )
        if p.name == name
        else p
        for p in table.policies
    )
    context.schema.put(replace(table, policies=policies))


def create_extension(context: Context, node: Node) -> None:
    """CREATE EXTENSION."""
    name = name_of(child(node, "name")) or ""
    options = collect(node, "create_extension_opt_item")
    schema = next((name_of(child(o, "name")) for o in options if has_words(o, "SCHEMA")), None)
    schema = None if schema == context.schema.default_key else schema
    version = next((string(first(o, "Sconst")) for o in options if has_words(o, "VERSION")), None)
    context.schema.extensions.setdefault(name, Extension(name, version, schema, context.locate(node)))


def create_schema(context: Context, node: Node) -> None:
    """CREATE SCHEMA; objects created inside the statement itself are rare and reported."""
    name = name_of(child(node, "opt_single_name", "ColId", "name")) or name_of(first(node, "RoleSpec"))
    if name is not None and name != context.schema.default_key:
        context.schema.schemas.add(name)
    if first(node, "CreateStmt", "ViewStmt", "IndexStmt") is not None:
        context.report(node, f"what CREATE SCHEMA {name} creates inside itself is not followed")


def comment(context: Context, node: Node) -> None:
    """COMMENT ON TABLE, COLUMN, VIEW; comments of other objects have no place in the model."""
    target, said = child(node, "any_name"), string(first(child(node, "comment_text"), "Sconst"))
    schema = context.schema
    if target is None:
        return
    parts = names(text(target))
    if has_words(node, "ON", "COLUMN") and len(parts) > 1:
        key = schema.find(parts[-3] if len(parts) > 2 else None, parts[-2], schema.tables)
        if key is not None:
            table = schema.tables[key]
            columns = tuple(replace(c, comment=said) if c.name == parts[-1] else c for c in table.columns)
            schema.put(replace(table, columns=columns))
        return
    kind = words(child(node, "object_type_any_name"))
    written = parts[-2] if len(parts) > 1 else None
    if kind in {("TABLE",), ("FOREIGN", "TABLE")}:
        schema.put(replace(schema.table(written, parts[-1]), comment=said))
    elif kind[-1:] == ("VIEW",):
        key = schema.find(written, parts[-1], schema.views)
        if key is not None:
            schema.views[key] = replace(schema.views[key], comment=said)


def grant(context: Context, node: Node) -> None:
    """GRANT on tables and views; what is granted on other objects, and REVOKE, is not followed."""
    target = child(node, "privilege_target")
    if target is None or words(target) not in {(), ("TABLE",)}:
        return
    held = {text(p).partition("(")[0].strip().lower() for p in collect(child(node, "privileges"), "privilege")}
    privileges = tuple(sorted(held)) or ("all",)
    for table in collect(target, "qualified_name"):
        key = context.schema.find(*qualified(table), context.schema.tables, context.schema.views)
        if key is None:
            continue
        is_view = key in context.schema.views
        ref = Ref(Kind.VIEW, key[0], name=key[1]) if is_view else Ref.of_table(key[1], key[0])
        for role in collect(child(node, "grantee_list"), "RoleSpec"):
            grantable = child(node, "opt_grant_grant_option") is not None
            context.schema.grants.append(Grant(name_of(role) or "", ref, privileges, grantable))


def set_variable(context: Context, node: Node) -> None:
    """SET search_path; other settings change nothing that we read."""
    generic = first(node, "generic_set")
    if generic is None or names(text(child(generic, "var_name") or generic)) != ("search_path",):
        return
    set_search_path(context, [text(v) for v in collect(generic, "var_value")])


def set_search_path(context: Context, values: list[str]) -> None:
    """The schemas of a search path, as written; `"$user"` and the empty string name none."""
    default = context.schema.default_key
    found: list[str | None] = []
    for value in values:
        for part in (string_or_name(value) or "").split(",") if value.startswith("'") else [string_or_name(value)]:
            name = (part or "").strip().strip('"')
            if name and name not in {"$user", "pg_catalog"}:
                found.append(None if name == default or name.upper() == "DEFAULT" else name)
    context.schema.path = tuple(found) or (None,)


def string_or_name(spelled: str) -> str:
    """What a value of SET stands for, whether it is quoted as a string, as a name or not at all."""
    if spelled.startswith("'"):
        return spelled[1:-1].replace("''", "'")
    return names(spelled)[-1]
