"""How long reading the queries of an application's code takes, cold and from the cache, and in how much memory.

Prints ratios first: processor seconds against bare parsing of the same files with tree-sitter in the same run (the
physical limit of any reader that parses every file), then wall time, which on a machine that others use is no measure.
The application is made anew, always the same: models, services and routes of SQLAlchemy that call each other.

    python bench/code_reading.py [FOLDER]      # of a real application instead: read only, a copy is edited

The targets are those of wall time on two idle cores: two processes may each spend what the ratio allows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tree_sitter
import tree_sitter_python
from edits import audited, show, slowest, with_queries
from measuring import Run, best, run

from dbarchitect.sources.discover import SourceFile, open_project

LINES, MEMORY_LINES = 200_000, 1_000_000
MOST_RATIO, MOST_SECONDS, MOST_MEMORY = 3.0, 1.5, 1_000
PROCESSES = 2

BASE = "from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n"
MODEL = """from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from shop.base import Base


class Thing{n}(Base):
    __tablename__ = "thing{n}"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int] = mapped_column(ForeignKey("thing0.id"))
    owner: Mapped["Thing0"] = relationship()
"""
SERVICE_HEAD = """import logging

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.models.thing{n} import Thing{n}

logger = logging.getLogger(__name__)


class Service{n}:
    def __init__(self, session: Session) -> None:
        self.session = session

    def by_owner(self, owner_id, *, status=None):
        statement = select(Thing{n}).where(Thing{n}.owner_id == owner_id)
        if status is not None:
            statement = statement.where(Thing{n}.status == status)
        return self.session.scalars(statement.order_by(Thing{n}.name)).all()
"""
METHOD = """
    def handle_{m}(self, payload, limit=50):
        names = []
        for thing in self.by_owner(payload["owner"], status="open"):
            if thing.name.startswith(payload.get("prefix", "")) and thing.status != "closed":
                logger.info("%s of %s", thing.name, thing.owner.name)
                names.append({{"name": thing.name.strip(), "status": thing.status}})
        total = self.session.scalar(select(func.count()).where(Thing{n}.status == payload["status"]))
        if total and total > limit:
            raise ValueError(f"too many: {{total}}")
        return names, total
"""


def write_application(root: Path, lines: int) -> int:
    """Make the application of about so many lines; how many they are."""
    files = {"shop/base.py": BASE, "shop/config.py": 'DATABASE_URL = "postgresql://localhost/shop"\n'}
    written = number = 0
    while written < lines:
        text = SERVICE_HEAD.format(n=number) + "".join(METHOD.format(n=number, m=m) for m in range(16))
        files[f"shop/models/thing{number}.py"] = MODEL.format(n=number)
        files[f"shop/services/s{number % 40}/service_{number}.py"] = text
        written += text.count("\n") + MODEL.count("\n")
        number += 1
    for folder in ("shop", "shop/models", "shop/services", *(f"shop/services/s{n}" for n in range(40))):
        files[f"{folder}/__init__.py"] = ""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return written


def audit(root: Path, *, cached: bool) -> Run:
    """One audit; Raises SystemExit where it fails."""
    os.environ["DBA_CACHE"] = "1" if cached else "0"
    done = run("-m", "dbarchitect", "audit", str(root), "--format", "json")
    if done.code not in {0, 1}:
        raise SystemExit(f"the audit of {root} ended with {done.code}")
    return done


def bare_parse(files: tuple[SourceFile, ...]) -> None:
    """Parse the files with tree-sitter and do nothing else."""
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    for file in files:
        parser.parse(file.read_bytes())


def reading(root: Path) -> tuple[float, float]:
    """Processor seconds, those of other processes included, of reading the models and of following the code."""
    program = (
        "import gc, os, sys, time; gc.disable()\n"
        "from pathlib import Path\n"
        "from dbarchitect.sources.assemble import read_project\n"
        "from dbarchitect.sources.code.python.reader import read_code\n"
        "from dbarchitect.sources.discover import open_project\n"
        "from dbarchitect.sources.python.index import PythonIndex\n"
        "project = open_project(Path(sys.argv[1])); index = PythonIndex(project)\n"
        "took = lambda: sum(os.times()[:4])\n"
        "a = took(); found = read_project(project, index); b = took(); read_code(index, found); c = took()\n"
        "print(b - a, c - b)\n"
    )
    said = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=True)
    models, code = said.stdout.split()
    return float(models), float(code)


def main() -> int:
    """Measure; 1 where a target is missed."""
    with tempfile.TemporaryDirectory(prefix="dba-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        root = Path(folder) / "application"
        if len(sys.argv) > 1:
            shutil.copytree(sys.argv[1], root, symlinks=True)
        else:
            write_application(root, LINES)
        files = open_project(root).by_suffix(".py")  # those that an audit reads
        lines = sum(file.read_bytes().count(b"\n") for file in files)
        (bare,) = best(2, lambda: bare_parse(files))
        models, code = reading(root)
        ratio = code / PROCESSES / bare
        print(f"code / bare parsing = {ratio:.1f} on two cores   ({code:.1f} s of processor time in two processes,")
        print(f"    models before them {models:.1f} s, bare parsing {bare:.2f} s; {lines:,} lines)")
        time.sleep(3)  # what changed just now could change again unseen: it is not kept
        calls = b".all()", b".first()"
        done = audited(root, with_queries(root, "*.py", b"session"), b"#", calls, lambda: audit(root, cached=True))
        show(done)
        missed = ratio > MOST_RATIO or slowest(done) > MOST_SECONDS
        if len(sys.argv) == 1:
            large = Path(folder) / "large"
            lines = write_application(large, MEMORY_LINES)
            memory = audit(large, cached=False).memory
            print(f"memory at {lines:,} lines: {memory:.0f} MB in the largest process")
            missed = missed or memory > MOST_MEMORY
    print(f"targets: {MOST_RATIO:g}, {MOST_SECONDS:g} s elapsed after an edit of ten files, {MOST_MEMORY:,} MB")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
