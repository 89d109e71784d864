"""Several foreign keys of one table are one migration: they are told together, and silenced one by one."""

from __future__ import annotations

from pathlib import Path

from dbarchitect.api import audit
from dbarchitect.audit.model import RankedFinding

SHOP = """create table author (id bigint primary key);
create table shelf (id bigint primary key);
create table press (id bigint primary key);
create table book (
    id bigint primary key,
    author_id bigint not null references author (id) on delete cascade,
    shelf_id bigint references shelf (id) on delete set null,{shelf}
    press_id bigint references press (id) on delete set null{press}
);
create table loan (id bigint primary key, book_id bigint not null references book (id) on delete cascade);
"""
SILENT = " -- dba: ignore[IDX001] a few rows"


def told(folder: Path, shelf: str = "", press: str = "") -> dict[str, RankedFinding]:
    (folder / "shop.sql").write_text(SHOP.format(shelf=shelf, press=press))
    (application,) = audit([str(folder)]).applications
    items = [item for item in application.findings if item.finding.rule == "unindexed-foreign-key"]
    return {str(item.finding.object): item for item in items if item.suppressed is None}


def test_those_of_one_table_are_one_finding(tmp_path: Path) -> None:
    found = told(tmp_path)
    assert set(found) == {"book(author_id, press_id, shelf_id)", "loan.book_id"}
    one = found["book(author_id, press_id, shelf_id)"]
    assert one.finding.message.startswith("3 foreign keys of book have no index (author_id, press_id and shelf_id):")
    assert one.finding.hint == "Add an index each on book(author_id), (press_id) and (shelf_id)."
    assert len(one.finding.evidence) == 3
    assert one.fix is not None
    assert [name for name in ("author_id", "press_id", "shelf_id") for up in one.fix.up if f"({name})" in up] == [
        "author_id",
        "press_id",
        "shelf_id",
    ]


def test_one_that_is_silenced_is_left_out(tmp_path: Path) -> None:
    found = told(tmp_path, shelf=SILENT)
    assert set(found) == {"book(author_id, press_id)", "loan.book_id"}
    one = found["book(author_id, press_id)"]
    assert one.fix is not None
    assert len(one.fix.up) == 2
    assert not any("shelf_id" in statement for statement in one.fix.up)


def test_one_that_is_left_is_told_by_itself(tmp_path: Path) -> None:
    found = told(tmp_path, shelf=SILENT, press=SILENT)
    assert set(found) == {"book.author_id", "loan.book_id"}
    assert "without an index" in found["book.author_id"].finding.message
