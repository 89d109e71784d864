"""Chains that build a handler with a validated input: tRPC's procedures, next-safe-action's clients."""

from __future__ import annotations

from dataclasses import dataclass

from dbarchitect.sources.code.values import Value

CHECKING = frozenset({"input", "schema", "inputSchema", "validator", "inputValidator", "bindArgsSchemas"})
"""Steps that say what comes in."""
ENDING = frozenset({"query", "mutation", "subscription", "action", "handler", "stateAction"})
"""Steps that say what handles it."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """A chain so far: the schema of what comes in."""

    schema: Value


@dataclass(frozen=True, slots=True)
class Validator:
    """A middleware that checks a part of a request (`json`, `query`) by a schema."""

    part: str
    schema: Value
