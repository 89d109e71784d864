"""Functions, procedures and triggers."""

from __future__ import annotations

from dataclasses import replace

from tree_sitter import Node

from dbarchitect.catalog.members import Trigger
from dbarchitect.catalog.objects import Function, Table
from dbarchitect.engines.postgresql.names import literal, quote
from dbarchitect.engines.postgresql.names import qualified as qualified_name
from dbarchitect.engines.postgresql.objects import fold
from dbarchitect.sources.sqlfiles.postgresql.clauses import (
    column_names,
    to_expression,
    type_of,
)
from dbarchitect.sources.sqlfiles.postgresql.tables import Context
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
    string_or_name,
    text,
    words,
)

_EVENTS = ("insert", "update", "delete", "truncate")
_LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries", "local_preload_libraries"})


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
    replaced = context.schema.functions.get((key, arguments))
    closed = context.schema.new_functions_closed
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
        replaced.executable_by if replaced is not None else () if closed else ("public",),
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
