"""CommonJS: `require`, `module.exports` and `exports.name` at the top level of a module."""

from __future__ import annotations

from dbarchitect.sources.typescript.syntax import (
    Assign,
    Bind,
    Call,
    Do,
    Expr,
    Imported,
    Literal,
    Member,
    Module,
    Name,
    Object,
    ObjectPattern,
    Statement,
)

WHOLE = "export="
"""The name that `module.exports = value` and `export = value` are exported by."""
_LOCAL = "module.exports"


def required(module: Module, statements: list[Statement], begun: int) -> None:
    """Take declarations that only bind what is required (`const { a } = require("b")`) for imports."""
    statements[begun:] = [s for s in statements[begun:] if not (isinstance(s, Bind) and _is_import(module, s))]


def _is_import(module: Module, statement: Bind) -> bool:
    value, path = statement.value, list[str]()
    while isinstance(value, Member):
        path.append(value.name)
        value = value.owner
    specifier = specifier_of(value)
    if specifier is None or len(path) > 1:
        return False
    match statement.target:
        case Name(id=name):
            module.imports[name] = Imported(specifier, path[0] if path else "*")
            return True
        case ObjectPattern(properties=properties, rest=None) if not path:
            bound: dict[str, Imported] = {}
            for each in properties:
                if not isinstance(each.key, str) or not isinstance(each.target, Name) or each.default is not None:
                    return False
                bound[each.target.id] = Imported(specifier, each.key)
            module.imports.update(bound)
            return True
    return False


def specifier_of(value: Expr | None) -> str | None:
    """What `require("specifier")` requires; None for anything else."""
    match value:
        case Call(function=Name(id="require"), args=(Literal(value=str(specifier)),)):
            return specifier
    return None


def assigned_exports(module: Module, statements: list[Statement], begun: int) -> None:
    """Take assignments to `module.exports` and its members for exports."""
    for number in range(begun, len(statements)):
        match statements[number]:
            case Do(start=start, end=end, value=Assign(target=target, operator="=", value=value)):
                made = _exported(module, target, value, start, end)
                if made is not None:
                    statements[number] = made


def _exported(module: Module, target: Expr, value: Expr, start: int, end: int) -> Statement | None:
    while isinstance(value, Assign) and value.operator == "=":  # `exports = module.exports = value`
        target, value = (value.target, value.value) if not _is_whole(target) else (target, value.value)
    if _is_whole(target):
        return _whole(module, value, start, end, target)
    if isinstance(target, Member) and (_is_whole(target.owner) or _is_exports(target.owner)):
        if isinstance(value, Name):
            module.exports[target.name] = value.id
            return None
        local = target.name if target.name not in module.bound else f"exports.{target.name}"
        module.exports[target.name] = local
        return Bind(start, end, "const", Name(target.start, target.end, local), value)
    return None


def _whole(module: Module, value: Expr, start: int, end: int, target: Expr) -> Statement | None:
    specifier = specifier_of(value)
    if specifier is not None:
        module.stars = (*module.stars, specifier)
        module.passed_on[WHOLE] = Imported(specifier, "*")
        module.passed_on["default"] = Imported(specifier, "default")
        return None
    if isinstance(value, Name):
        module.exports[WHOLE] = module.exports["default"] = value.id
        return None
    made = Bind(start, end, "const", Name(target.start, target.end, _LOCAL), value)
    module.exports["default"] = _LOCAL
    if not isinstance(value, Object):
        module.exports[WHOLE] = _LOCAL
        return made
    for entry in value.entries:
        if isinstance(entry.key, str):
            if isinstance(entry.value, Name):
                module.exports[entry.key] = entry.value.id
            else:
                local = f"{_LOCAL}.{entry.key}"
                name = Name(entry.value.start, entry.value.end, local)
                module.bound[local] = Bind(entry.value.start, entry.value.end, "const", name, entry.value)
                module.exports[entry.key] = local
        elif entry.key is None and (passed := specifier_of(entry.value)) is not None:
            module.stars = (*module.stars, passed)
    return made


def _is_whole(target: Expr) -> bool:
    return isinstance(target, Member) and target.name == "exports" and _is_named(target.owner, "module")


def _is_exports(target: Expr) -> bool:
    return _is_named(target, "exports")


def _is_named(expr: Expr, name: str) -> bool:
    return isinstance(expr, Name) and expr.id == name
