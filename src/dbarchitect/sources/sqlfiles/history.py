"""The history that an ordered set of SQL files tells: its migrations, their order, and what is wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dbarchitect.catalog.migrations import ChainFault, ChainProblem, History, Migration
from dbarchitect.catalog.refs import Origin
from dbarchitect.sources.sqlfiles import tools
from dbarchitect.sources.sqlfiles.folders import FileSet
from dbarchitect.sources.sqlfiles.order import journal_tags, leads_back
from dbarchitect.sources.sqlfiles.text import SqlText

_NUMBER = re.compile(r"[vV]?(\d+)(?=[._-]|\D)")
_LONGEST_NUMBER = 5  # digits: what is longer is a date or a time
_REPEATABLE = re.compile(r"R__")


def migrations_of(found: FileSet, texts: Sequence[SqlText], dialect: str) -> tuple[Migration, ...]:
    """The migrations that the texts are, before they are replayed; none for a set without an order."""
    if not found.ordered:
        return ()
    given = {file.path for file in found.files[: found.given]}
    members = [file.path for file in found.members]
    migrations: list[Migration] = []
    for text in texts:
        if text.path in given:
            continue
        migrations.append(
            Migration(
                name_of(text.path),
                text.path,
                parents=(migrations[-1].name,) if migrations else (),
                transactional=text.path not in found.unwrapped
                and tools.transactional(found.tool, text.data, dialect, found.tool_version),
                reversible=tools.reversible(found.tool, text.path, text.data, members),
                origin=Origin(text.path, 1, digest=text.digest),
            )
        )
    return tuple(migrations)


def name_of(path: str) -> str:
    """What a migration is called: its folder where all files are called alike, else its file."""
    folder, _, name = path.rpartition("/")
    if name in {"migration.sql", "up.sql"} and folder:
        return folder.rpartition("/")[2]
    return re.sub(r"(?:\.up)?\.(?:sql|ddl)\Z", "", name)


def history_of(found: FileSet, migrations: Sequence[Migration]) -> History:
    """The history, with the faults of its order that are beyond doubt."""
    problems = (*_journal_problems(found), *_number_problems(found, migrations))
    heads = (migrations[-1].name,) if migrations else ()
    return History(found.tool, tuple(migrations), heads, problems)


def _journal_problems(found: FileSet) -> Iterator[ChainProblem]:
    """What Drizzle's journal lists and is not there, and what is there and not listed."""
    if found.journal is None:
        return
    tags = journal_tags(found.journal_text)
    names = {name_of(file.path): file.path for file in found.members if not leads_back(file.path)}
    if not names.keys() & set(tags):
        return  # another tool's, or forsaken: the files run in the order of their names
    for tag in tags:
        if tag not in names:
            text = f"the journal lists {tag}, and there is no file of that name"
            yield ChainProblem(ChainFault.MISSING_PARENT, text, (tag,), Origin(found.journal, 1))
    for tag, times in Counter(tags).items():
        if times > 1:
            text = f"the journal lists {tag} {times} times"
            yield ChainProblem(ChainFault.DUPLICATE, text, (tag,), Origin(found.journal, 1))
    for name, path in names.items():
        if tags and name not in tags:
            text = f"the journal does not list {name}: it will never run"
            yield ChainProblem(ChainFault.GAP, text, (name,), Origin(path, 1))


def _number_problems(found: FileSet, migrations: Sequence[Migration]) -> Iterator[ChainProblem]:
    """Numbers that come twice, or are left out of a series that counts one by one."""
    if found.journal is not None or len({m.path.rpartition("/")[0] for m in migrations}) > 1:
        return
    numbered: dict[int, list[Migration]] = {}
    for migration in migrations:
        match = _NUMBER.match(migration.path.rpartition("/")[2])
        if match is None or len(match[1]) > _LONGEST_NUMBER or re.match(r"[._]\d", _rest(migration, match)):
            if _REPEATABLE.match(migration.name):
                continue
            return
        numbered.setdefault(int(match[1]), []).append(migration)
    for number, same in numbered.items():
        if len(same) > 1:
            text = f"{len(same)} migrations have the number {number}: " + ", ".join(m.name for m in same)
            yield ChainProblem(ChainFault.DUPLICATE, text, tuple(m.name for m in same), same[-1].origin)
    numbers = sorted(numbered)
    missing = sorted(set(range(numbers[0], numbers[-1] + 1)) - set(numbers)) if numbers else []
    if missing and len(missing) * 10 <= len(numbers):  # more than that, and the numbers never counted one by one
        for number in missing:
            after = numbered[max(n for n in numbers if n < number)][-1]
            text = f"there is no migration with the number {number}"
            yield ChainProblem(ChainFault.GAP, text, (after.name,), after.origin)


def _rest(migration: Migration, match: re.Match[str]) -> str:
    return migration.path.rpartition("/")[2][match.end() :]
