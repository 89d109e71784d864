"""Fixes in the engine's SQL, up and down, with what they cost: what the audit asks of the engines."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dbarchitect.errors import ChangeRefused

if TYPE_CHECKING:
    from dbarchitect.audit.model import SpelledFix
    from dbarchitect.audit.run import Speller
    from dbarchitect.catalog.cost import Cost
    from dbarchitect.catalog.objects import Catalog, Table
    from dbarchitect.catalog.refs import Ref
    from dbarchitect.catalog.survey import Survey
    from dbarchitect.finding import Fix


def engine_speller() -> Speller:
    """Spells fixes by the engines' renderers."""
    return _EngineSpeller()


class _EngineSpeller:
    """Spells fixes by the engines' renderers (see `audit.run.Speller`)."""

    def spell(self, fix: Fix, survey: Survey) -> SpelledFix | None:
        from dbarchitect.audit.model import SpelledFix
        from dbarchitect.change.apply import apply
        from dbarchitect.change.invert import Irreversible, invert
        from dbarchitect.engines.registry import READABLE, engine

        if survey.engine.name not in READABLE:
            return None
        writer = engine(survey.engine.name)
        catalog = _around(fix, survey.catalog)
        up: list[str] = []
        down: list[str] | None = []
        try:
            for change in fix.changes:
                after = apply(change, catalog)
                up.extend(writer.render(change, catalog))
                back = invert(change, catalog)
                if down is None or isinstance(back, Irreversible):
                    down = None
                else:
                    undone: list[str] = []
                    state = after
                    for undo in back:
                        undone.extend(writer.render(undo, state))
                        state = apply(undo, state)
                    down[:0] = undone
                catalog = after
        except ChangeRefused:
            return None
        return SpelledFix(fix, tuple(up), None if down is None else tuple(down))

    def risk(self, fix: Fix, survey: Survey) -> str:
        from dbarchitect.engines.registry import engine

        catalog = _around(fix, survey.catalog)
        cost = engine(survey.engine.name).cost
        costs = list(dict.fromkeys(cost(change, catalog) for change in fix.changes))
        locking = [one for one in costs if one.lock is not None] or costs
        worst = [one for one in locking if not any(_is_worse(other, one) for other in locking)]
        words = [_waiting(one) for one in worst if one.blocks]
        return "; ".join(dict.fromkeys(words)) or "no lock on an existing table"


def _is_worse(one: Cost, other: Cost) -> bool:
    """Whether whoever waits for one change waits for the other too, and no shorter."""
    longer = (one.rewrites, one.scans) > (other.rewrites, other.scans)
    as_long = (one.rewrites, one.scans) >= (other.rewrites, other.scans)
    more = _stops_readers(one) and not _stops_readers(other)
    return as_long and _stops_readers(one) >= _stops_readers(other) and (longer or more)


def _stops_readers(cost: Cost) -> bool:
    return cost.blocks.startswith("readers and writers")


def _waiting(cost: Cost) -> str:
    """Who waits, and how long: `writers wait, readers do not, while all rows are read`."""
    if cost.lock is None or ";" in cost.blocks:
        return cost.blocks
    long = "while the table is rewritten" if cost.rewrites else "while all rows are read"
    comma = "," if "," in cost.blocks else ""
    return f"{cost.blocks}{comma} {long if cost.rewrites or cost.scans else 'for a moment'}"


def _around(fix: Fix, catalog: Catalog) -> Catalog:
    """The part of a catalog that spelling a fix needs: in a large one, copying all of it per fix would cost seconds."""
    from dbarchitect.change.operations import CreateTable, DropTable, SetTableOptions

    named: list[Ref] = []
    for change in fix.changes:
        if isinstance(change, CreateTable | DropTable):
            named.append(change.table.ref)
            named.extend(key.referenced for key in change.table.foreign_keys)
        elif isinstance(change, SetTableOptions):
            named.append(change.old.ref)
        elif (table := getattr(change, "table", None)) is not None:
            named.append(table)
    near: dict[tuple[str, ...], Table] = {}
    for ref in named:
        if (own := catalog.table(ref)) is not None:
            near[own.ref.key] = own
            near.update((child.ref.key, child) for child, _ in catalog.references_to(own.ref))
    for table in tuple(near.values()):
        for reference in table.foreign_keys:
            parent = catalog.table(reference.referenced)
            if parent is not None:
                near[parent.ref.key] = parent
    return replace(catalog, tables=tuple(near.values()))
