"""Replays a script of PostgreSQL's dialect into a schema, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tree_sitter import Node

from dbarchitect.catalog.refs import Diagnostic, Origin
from dbarchitect.sources.sqlfiles import statements
from dbarchitect.sources.sqlfiles.masking import masked
from dbarchitect.sources.sqlfiles.postgresql import access, kinds, moves, recording, routines, surroundings
from dbarchitect.sources.sqlfiles.postgresql.alter import alter_table
from dbarchitect.sources.sqlfiles.postgresql.blocks import Block, read_block
from dbarchitect.sources.sqlfiles.postgresql.indexes import create_index
from dbarchitect.sources.sqlfiles.postgresql.tables import Context, create_table, create_table_as
from dbarchitect.sources.sqlfiles.record import Record
from dbarchitect.sources.sqlfiles.schema import Passed, Schema, Unreplayable
from dbarchitect.sources.sqlfiles.sections import forward_parts
from dbarchitect.sources.sqlfiles.text import SqlText
from dbarchitect.sources.sqlfiles.tree import collect, first, parse, string, text

HANDLERS: dict[str, Callable[[Context, Node], None]] = {
    "CreateStmt": create_table,
    "CreateForeignTableStmt": create_table,
    "CreateAsStmt": create_table_as,
    "AlterTableStmt": alter_table,
    "IndexStmt": create_index,
    "DefineStmt": kinds.create_type,
    "AlterEnumStmt": kinds.alter_enum,
    "CreateDomainStmt": kinds.create_domain,
    "AlterDomainStmt": kinds.alter_domain,
    "CreateSeqStmt": kinds.create_sequence,
    "AlterSeqStmt": kinds.alter_sequence,
    "ViewStmt": surroundings.create_view,
    "CreateMatViewStmt": surroundings.create_view,
    "CreateFunctionStmt": routines.create_function,
    "AlterFunctionStmt": routines.alter_function,
    "CreateTrigStmt": routines.create_trigger,
    "CreatePolicyStmt": access.create_policy,
    "AlterPolicyStmt": access.alter_policy,
    "CreateExtensionStmt": surroundings.create_extension,
    "CreateSchemaStmt": surroundings.create_schema,
    "CommentStmt": surroundings.comment,
    "GrantStmt": access.grant,
    "RevokeStmt": access.revoke,
    "AlterDefaultPrivilegesStmt": access.alter_default_privileges,
    "VariableSetStmt": surroundings.set_variable,
    "RenameStmt": moves.rename,
    "AlterObjectSchemaStmt": moves.set_schema,
    "DropStmt": moves.drop,
    "RemoveFuncStmt": moves.drop_function,
}

# Statements about rows, sessions, roles and objects that the model has no place for.
_LEFT_OUT = frozenset(
    """AlterCompositeTypeStmt AlterDatabaseSetStmt AlterDatabaseStmt AlterEventTrigStmt
    AlterExtensionStmt AlterExtensionContentsStmt AlterFdwStmt AlterForeignServerStmt AlterGroupStmt
    AlterObjectDependsStmt AlterOpFamilyStmt AlterOperatorStmt AlterOwnerStmt AlterPublicationStmt AlterRoleSetStmt
    AlterRoleStmt AlterStatsStmt AlterSubscriptionStmt AlterSystemStmt AlterTSConfigurationStmt AlterTSDictionaryStmt
    AlterTblSpcStmt AlterTypeStmt AlterUserMappingStmt AnalyzeStmt CallStmt CheckPointStmt ClosePortalStmt ClusterStmt
    ConstraintsSetStmt CopyStmt CreateAmStmt CreateAssertionStmt CreateCastStmt CreateConversionStmt CreateEventTrigStmt
    CreateFdwStmt CreateForeignServerStmt CreateGroupStmt CreateOpClassStmt CreateOpFamilyStmt CreatePLangStmt
    CreatePublicationStmt CreateRoleStmt CreateStatsStmt CreateSubscriptionStmt CreateTableSpaceStmt CreateTransformStmt
    CreateUserMappingStmt CreateUserStmt CreatedbStmt DeallocateStmt DeclareCursorStmt DeleteStmt DiscardStmt
    DropCastStmt DropOpClassStmt DropOpFamilyStmt DropOwnedStmt DropRoleStmt DropSubscriptionStmt DropTableSpaceStmt
    DropTransformStmt DropUserMappingStmt DropdbStmt ExecuteStmt ExplainStmt FetchStmt ImportForeignSchemaStmt
    InsertStmt ListenStmt LoadStmt LockStmt MergeStmt NotifyStmt PrepareStmt ReassignOwnedStmt RefreshMatViewStmt
    ReindexStmt RemoveAggrStmt RemoveOperStmt RevokeRoleStmt GrantRoleStmt RuleStmt SecLabelStmt
    TransactionStmt TransactionStmtLegacy TruncateStmt UnlistenStmt UpdateStmt VacuumStmt VariableResetStmt
    VariableShowStmt""".split()  # noqa: SIM905 - a list of 100 quoted names reads worse
)
_COMMENT = re.compile(rb"COMMENT\s", re.IGNORECASE)
_SEARCH_PATH = re.compile(rb"set_config\s*\(\s*'search_path'\s*,\s*'((?:[^']|'')*)'", re.IGNORECASE)


def replay(schema: Schema, file: SqlText, record: Record | None = None) -> Iterator[Diagnostic]:
    """Replay a file; what cannot be followed is yielded, the rest is done. What is done goes to the record."""
    for start, stop in forward_parts(file.data):
        for span in statements.split(file.data, start, stop, rows=record is not None):
            source = file.data[span.start : span.end]
            if span.problem is not None:
                yield Diagnostic(file.origin(span.start, span.end), span.problem)
            elif record is not None and statements.is_data(source):
                recording.record_data(record, file, span.start, source)
            else:
                yield from replay_statement(schema, file, span.start, source, record=record)


def replay_statement(
    schema: Schema, file: SqlText, base: int, source: bytes, *, guarded: bool = False, record: Record | None = None
) -> Iterator[Diagnostic]:
    """Replay one statement that begins at byte `base` of the file; a guarded one may not fit without a word."""
    root = parse(source)
    if root.has_error and not _COMMENT.match(source):
        broken = _first_error(root)
        at = file.origin(base + broken.start_byte, base + min(broken.end_byte, len(source)))
        if not guarded:
            yield Diagnostic(at, f"not understood here: {_shown(source)}")
    for statement in collect(root, "stmt"):
        node = statement.children[0] if statement.children else statement
        problems: list[tuple[Origin, str]] = []
        context = Context(schema, file, base, problems)
        recorder = recording.Recorder(record, context, node, guarded) if record is not None else None
        failed = False
        try:
            if node.type == "DoStmt":
                yield from _replay_block(context, node, record)
            elif node.type == "SelectStmt":
                _replay_select(context, source)
                if record is not None:
                    recording.record_query(record, source, context.locate(node))
            elif node.type in HANDLERS:
                HANDLERS[node.type](context, node)
            elif node.type not in _LEFT_OUT:
                context.report(node, f"this kind of statement is not followed: {_shown(source)}")
        except Passed:
            failed = True
        except Unreplayable as error:
            failed = True
            problems.append((context.locate(node), f"{error}: {_shown(source)}"))
        except (IndexError, ValueError):  # any part of a broken statement may be missing from its tree
            failed = True
            problems.append((context.locate(node), f"not understood: {_shown(source)}"))
        if recorder is not None:
            recorder.finish(failed=failed)
        if not guarded:
            yield from (Diagnostic(origin, text_) for origin, text_ in problems)


def _shown(source: bytes) -> str:
    """The beginning of a statement, for people; a constant in what was not understood may be a password."""
    words = " ".join(masked(source[:400].decode("utf-8", "replace")).split())
    return words if len(words) <= 80 else words[:77] + "…"


def _first_error(node: Node) -> Node:
    stack = [node]
    while stack:
        here = stack.pop()
        if here.type == "ERROR" or here.is_missing:
            return here
        stack.extend(c for c in reversed(here.children) if c.has_error or c.is_missing)
    return node


def _replay_select(context: Context, source: bytes) -> None:
    """A query changes nothing, but for the search path that pg_dump sets with one."""
    found = _SEARCH_PATH.search(source)
    if found is not None:
        surroundings.set_search_path(context, ["'" + found[1].decode("utf-8", "replace") + "'"])


def _replay_block(context: Context, node: Node, record: Record | None) -> Iterator[Diagnostic]:
    """A DO block: its plain DDL, each statement only as far as it fits, as the usual guards make it."""
    body = first(node, "Sconst")
    inside = string(body)
    if body is None or inside is None:
        return
    spelled = text(body)
    offset = body.start_byte + len(spelled[: spelled.find(inside)].encode()) if inside else body.start_byte
    block: Block = read_block(inside.encode())
    for start, source in block.statements:
        at = context.base + offset + start
        yield from replay_statement(context.schema, context.file, at, source, guarded=True, record=record)
    if record is not None and (block.problems or block.changes_rows or not block.statements):
        recording.record_code(record, context.locate(node))
    for start, reason in block.problems:
        at = context.base + offset + start
        yield Diagnostic(context.file.origin(at, at), f"a DO block {reason}")
