"""Functions, views, triggers and extensions that a migration makes with alembic_utils, as SQL.

Source: https://olirice.github.io/alembic_utils/api/
"""

from __future__ import annotations

from dbarchitect.sources.alembic.elements import Elements
from dbarchitect.sources.sqlalchemy.located import Located

_WORDS = {
    "PGFunction": "FUNCTION",
    "PGView": "VIEW",
    "PGMaterializedView": "MATERIALIZED VIEW",
    "PGTrigger": "TRIGGER",
    "PGExtension": "EXTENSION",
    "PGPolicy": "POLICY",
}


def entity_sql(elements: Elements, method: str, located: Located | None) -> str | None:
    """The statements that `op.create_entity`, `replace_entity` or `drop_entity` run; None for what is not known."""
    made = elements.names.invocation(located.expr, located.frame) if located is not None else None
    kind = _WORDS.get(made.name.rpartition(".")[2]) if made is not None else None
    if made is None or kind is None:
        return None
    schema = elements.word(made.argument(0, "schema")) or "public"
    signature = elements.word(made.argument(1, "signature"))
    definition = elements.word(made.argument(2, "definition"))
    on = elements.word(made.kwargs.get("on_entity"))
    if signature is None:
        return None
    if kind == "EXTENSION":
        word = "DROP EXTENSION IF EXISTS" if method == "drop_entity" else "CREATE EXTENSION IF NOT EXISTS"
        return f'{word} "{signature}"'
    named = signature if kind in {"TRIGGER", "POLICY"} else f"{schema}.{signature}"
    place = f" ON {on}" if on is not None and kind in {"TRIGGER", "POLICY"} else ""
    if method == "drop_entity":
        return f"DROP {kind} IF EXISTS {named.partition(' DEFAULT ')[0] if kind == 'FUNCTION' else named}{place}"
    if definition is None:
        return None
    body = definition.strip().rstrip(";")
    match kind:
        case "VIEW" | "MATERIALIZED VIEW":
            again = f"DROP {kind} IF EXISTS {named};\n" if method == "replace_entity" else ""
            return f"{again}CREATE {kind} {named} AS {body}"
        case "FUNCTION":
            return f"CREATE OR REPLACE FUNCTION {named} {body}"
        case "POLICY":
            again = f"DROP POLICY IF EXISTS {named}{place};\n" if method == "replace_entity" else ""
            return f"{again}CREATE POLICY {named}{place} {body}"
        case _:
            again = f"DROP TRIGGER IF EXISTS {named}{place};\n" if method == "replace_entity" else ""
            return f"{again}CREATE TRIGGER {named} {body}"
