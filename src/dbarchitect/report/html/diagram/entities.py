"""The diagrams of an application: its tables and foreign keys as boxes and lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dbarchitect.counted import count
from dbarchitect.report.document import Reference, Table
from dbarchitect.report.html.diagram.drawing import Drawing, Row, Shape, Tie, drawn_boxes, drawn_lines, size
from dbarchitect.report.html.diagram.groups import Group, groups_of
from dbarchitect.report.html.diagram.layout import arrange
from dbarchitect.report.html.texts import columns, shortened

MOST = 3000  # tables of an application that are drawn; a larger one has an overview only
_MOST_GROUPS = 150
_WHOLE = 40  # tables up to which all columns are shown
_CROWDED = 80  # tables up to which every reference is a line
_MANY = 16  # in a larger drawing, references to a table with more children are written into the row
_ROWS_WHOLE, _ROWS_KEYS = 16, 12
_NAME, _TYPE, _TARGET, _LABEL = 28, 18, 22, 30  # characters
_CHARACTER, _BOLD = 6.8, 7.5
_LEAST_WIDTH = 132.0
_ALIASES = {
    "character varying": "varchar",
    "timestamp with time zone": "timestamptz",
    "double precision": "double",
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A table as the diagrams need it: where its section is, and the worst level and the number of its findings."""

    table: Table
    anchor: str
    level: str
    findings: int
    parents: tuple[int | None, ...]  # for each of its references the number of the referenced entity


def drawings(entities: Sequence[Entity], anchor: str) -> tuple[Drawing, ...]:
    """All diagrams of an application: one, or an overview and one for each group of tables."""
    parents = [[p for p in entity.parents if p is not None] for entity in entities]
    groups = groups_of([entity.table for entity in entities], parents)
    if len(groups) == 1:
        return (_drawing(groups[0], entities, anchor),)
    if not groups:
        return ()
    anchors = [f"{anchor}-{number}" for number in range(1, len(groups) + 1)]
    whole = len(entities) <= MOST
    overview = _overview(groups, entities, anchor, anchors if whole else None)
    if not whole:
        return (overview,)
    return overview, *(_drawing(group, entities, name) for group, name in zip(groups, anchors, strict=True))


def _drawing(group: Group, entities: Sequence[Entity], anchor: str) -> Drawing:
    whole = len(group.tables) <= _WHOLE
    members = sorted(group.tables, key=lambda n: (entities[n].table.domain or "", n))
    local = {number: n for n, number in enumerate(members)}
    degree = Counter(
        parent for number in members for parent in {*entities[number].parents} - {None, number} if parent in local
    )
    hubs = {parent for parent, children in degree.items() if len(group.tables) > _CROWDED and children > _MANY}
    shown: list[tuple[Shape, dict[str, int]]] = []
    for number in members:
        entity = entities[number]
        drawn = {k for k, parent in enumerate(entity.parents) if parent in local and parent not in hubs}
        shown.append(_shape(entity, entities, drawn, degree[number] if number in hubs else 0, whole=whole))
    shapes = tuple(shape for shape, _ in shown)
    ties = tuple(_ties(entities, local, hubs, [rows for _, rows in shown]))
    layout = arrange([shape.box for shape in shapes], [tie.link for tie in ties])
    width, height = size(layout)
    notes = []
    if hubs:
        most = sorted(hubs, key=lambda hub: (-degree[hub], hub))
        named = ", ".join(f"{shortened(str(entities[hub].table), 60)} (from {degree[hub]} tables)" for hub in most)
        notes.append(f"References to the most referenced tables are written in the rows, not drawn: {named}.")
    outside = sum(
        parent not in local for number in members for parent in entities[number].parents if parent is not None
    )
    if outside:
        notes.append(f"{count(outside, 'reference')} to tables of other diagrams: written in the rows.")
    if not whole:
        notes.append("Boxes show key and foreign-key columns only; the tables' sections have all columns.")
    description = f"{count(len(shapes), 'table')}, {count(len(ties), 'reference')} drawn as lines."
    return Drawing(
        anchor,
        group.title or "All tables",
        description,
        drawn_boxes(shapes, layout),
        drawn_lines(shapes, ties, layout),
        width,
        height,
        tuple(notes),
    )


def _shape(
    entity: Entity, entities: Sequence[Entity], drawn: set[int], hidden: int, *, whole: bool
) -> tuple[Shape, dict[str, int]]:
    """The box of a table, and which row shows which column. References that are not `drawn` are written in a row,
    and how many tables reference this one without a line (`hidden`)."""
    table = entity.table
    targets: dict[str, str] = {}
    for number, reference in enumerate(table.references):
        if number not in drawn and reference.columns:
            parent = entity.parents[number]
            name = reference.table if parent is None else entities[parent].table.name
            targets.setdefault(reference.columns[0], shortened(name, _TARGET))
    foreign = {name for reference in table.references for name in reference.columns}
    unique = {key[0] for key in table.unique_keys if len(key) == 1}
    named = [column for column in table.columns if whole or column.name in foreign or column.name in table.primary_key]
    limit = _ROWS_WHOLE if whole else _ROWS_KEYS
    rows: list[Row] = []
    places: dict[str, int] = {}
    for column in named[: limit if len(named) <= limit else limit - 1]:
        primary, refers = column.name in table.primary_key, column.name in foreign
        mark = "PF" if primary and refers else "PK" if primary else "FK" if refers else "UK" * (column.name in unique)
        places[column.name] = len(rows)
        of_type = shortened(_brief(column.type), _TYPE) if whole and not targets.get(column.name) else ""
        rows.append(Row(mark, shortened(column.name, _NAME), of_type, targets.get(column.name, "")))
    if len(rows) < len(named):
        rows.append(Row("", f"… {count(len(named) - len(rows), 'more column')}"))
    if hidden:
        rows.append(Row("", f"← {count(hidden, 'table')}"))
    label = shortened(str(table), _LABEL)
    badge = str(entity.findings) if entity.findings else ""
    width = max(
        _LEAST_WIDTH,
        columns(label) * _BOLD + 34 + 8 * len(badge),
        *(36 + _CHARACTER * (columns(row.text) + (columns(row.type) + 2 if row.type else 0)) for row in rows),
    )
    worst = f", {count(entity.findings, 'finding')}, worst: {entity.level}" if entity.findings else ", no findings"
    description = f"{shortened(str(table), 120)}: {count(len(table.columns), 'column')}{worst}"
    shape = Shape(entity.anchor, str(table), label, entity.level, badge, description, tuple(rows), round(width))
    return shape, places


def _brief(name: str) -> str:
    """A type by its short alias."""
    for long, short in _ALIASES.items():
        if name.startswith(long):
            return short + name.removeprefix(long)
    return name.replace(" without time zone", "")


def _ties(
    entities: Sequence[Entity],
    local: dict[int, int],
    hubs: set[int],
    places: Sequence[dict[str, int]],
) -> Iterator[Tie]:
    for number, n in local.items():
        entity = entities[number]
        for reference, parent in zip(entity.table.references, entity.parents, strict=True):
            if parent is None or parent not in local or parent in hubs or not reference.columns:
                continue
            p = local[parent]
            key = entities[parent].table.primary_key
            referenced = reference.referenced_columns or key
            # All lines to a parent share one way, so they end at one row: that of its primary key.
            row = places[p].get(key[0], -1) if key else -1
            title = f"{_words(entity.table, reference.columns)} → {_words(entities[parent].table, referenced)}"
            yield Tie(n, places[n].get(reference.columns[0], -1), p, row, title, _at_most_one(entity.table, reference))


def _words(table: Table, names: Sequence[str]) -> str:
    return f"{shortened(str(table), 80)}({shortened(', '.join(names), 120)})"


def _at_most_one(table: Table, reference: Reference) -> bool:
    """Whether at most one row of the table references a row of the parent."""
    return any(set(key) <= set(reference.columns) for key in (table.primary_key, *table.unique_keys) if key)


def _overview(
    groups: Sequence[Group], entities: Sequence[Entity], anchor: str, anchors: Sequence[str] | None
) -> Drawing:
    """The groups as boxes, the references between them as lines."""
    shown = sorted(range(len(groups)), key=lambda n: -len(groups[n].tables))[:_MOST_GROUPS]
    group_of = {number: n for n, g in enumerate(shown) for number in groups[g].tables}
    ranks = ("error", "warning", "info", "clean")
    shapes = []
    for g in shown:
        members = [entities[number] for number in groups[g].tables]
        findings = sum(entity.findings for entity in members)
        level = min((entity.level for entity in members), key=ranks.index)
        label = shortened(groups[g].title, _LABEL)
        rows = (Row("", count(len(members), "table")), Row("", count(findings, "finding")))
        width = round(max(_LEAST_WIDTH, columns(label) * _BOLD + 42))
        description = f"{shortened(groups[g].title, 120)}: {count(len(members), 'table')}, {count(findings, 'finding')}"
        link = anchors[g] if anchors else "tables"
        shapes.append(Shape(link, groups[g].title, label, level, "", description, rows, width))
    between: Counter[tuple[int, int]] = Counter()
    for child, n in group_of.items():
        for parent in entities[child].parents:
            if parent is not None and group_of.get(parent, n) != n:
                between[n, group_of[parent]] += 1
    ties = tuple(
        Tie(child, -1, parent, -1, f"{count(number, 'reference')} from {shapes[child].label} to {shapes[parent].label}")
        for (child, parent), number in sorted(between.items())
    )
    layout = arrange([shape.box for shape in shapes], [tie.link for tie in ties])
    notes = []
    if len(shown) < len(groups):
        notes.append(f"The {len(shown)} largest of {len(groups)} groups of tables are shown.")
    if not anchors:
        notes.append(f"{len(entities):,} tables are too many to draw each: this is an overview of their groups.")
    width, height = size(layout)
    description = f"{count(len(entities), 'table')} in {count(len(groups), 'group')}."
    return Drawing(
        anchor,
        "Overview",
        description,
        drawn_boxes(tuple(shapes), layout),
        drawn_lines(tuple(shapes), ties, layout),
        width,
        height,
        tuple(notes),
    )
