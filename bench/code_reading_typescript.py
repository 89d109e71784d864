"""How long reading the queries of a large TypeScript application takes, cold and from the cache, in how much memory.

The application is made of one that exists, by repetition: its TypeScript is copied until there are 1.1 million lines,
its Prisma schema six times under other names of models, so that each copy asks for tables of its own. Without a folder
it is `examples/signals`, and two lines that have nothing to do with a database stand beside each of its own, as in
applications of that size (a third of their bytes is in modules with a query's or a request's words).

Prints ratios first: processor seconds against bare parsing of the same files with tree-sitter in the same run (the
physical limit of any reader that parses every file), then wall time, which on a machine that others use is no measure.

    python bench/code_reading_typescript.py [FOLDER]      # the tree of another application with a Prisma schema

The targets are those of wall time on two idle cores.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tree_sitter
import tree_sitter_typescript
from code_reading import PROCESSES, audit
from edits import audited, show, slowest, with_queries
from measuring import best

from dbarchitect.sources.discover import SourceFile, open_project

LINES = 1_100_000
SCHEMAS = 6
_PANELS = 8
MOST_COLD, MOST_RATIO, MOST_AGAIN, MOST_MEMORY = 8.0, 3.0, 1.5, 1_000
EXAMPLE = Path(__file__).parent.parent / "examples" / "signals"

_SUFFIXES = (".ts", ".tsx")
_MODEL = re.compile(r"^(model|enum)\s+(\w+)", re.MULTILINE)
_PLAIN_HEAD = 'import { useMemo, useState } from "react";\n'
_PLAIN = """
export interface Panel{n}Props {{
  title: string;
  rows: {{ id: string; label: string; value: number }}[];
  onPick?: (id: string) => void;
}}

export function Panel{n}({{ title, rows, onPick }}: Panel{n}Props) {{
  const [open, setOpen] = useState(false);
  const total = useMemo(() => rows.reduce((sum, row) => sum + row.value, 0), [rows]);
  const shown = open ? rows : rows.slice(0, 5);
  return (
    <section className="panel">
      <header onClick={{() => setOpen(!open)}}>
        <h2>{{title}}</h2>
        <span>{{total.toFixed(2)}}</span>
      </header>
      <ul>
        {{shown.map((row) => (
          <li key={{row.id}} onClick={{() => onPick?.(row.id)}}>
            {{row.label}}: {{row.value > 10 ? "much" : "little"}}
          </li>
        ))}}
      </ul>
    </section>
  );
}}
"""


def write_application(root: Path, origin: Path, lines: int) -> None:
    """Make the application of about so many lines from the one at `origin`."""
    found = [path for path in sorted(origin.rglob("*")) if path.is_file() and path.suffix in (*_SUFFIXES, ".json")]
    files = [(path.relative_to(origin), path.read_text(errors="replace")) for path in found if _is_kept(path, origin)]
    schemas = [path for path in sorted(origin.rglob("*.prisma")) if "node_modules" not in path.parts]
    declared = "\n".join(path.read_text() for path in schemas)
    head = "\n".join(re.findall(r"^(?:datasource|generator)\s+\w+\s*\{.*?^\}", declared, re.MULTILINE | re.DOTALL))
    body = re.sub(r"^(?:datasource|generator)\s+\w+\s*\{.*?^\}", "", declared, flags=re.MULTILINE | re.DOTALL)
    names = [name for _, name in _MODEL.findall(body)]
    accessors = {name[0].lower() + name[1:] for name in names}
    _write(root / "prisma" / "schema.prisma", head + "".join(_renamed(body, names, n) for n in range(SCHEMAS)))
    written = copy = 0
    while written < lines:
        for path, text in files:
            own = _asking(text, accessors, copy % SCHEMAS) if path.suffix in _SUFFIXES else text
            _write(root / "apps" / f"app{copy}" / path, own)
            written += own.count("\n") if path.suffix in _SUFFIXES else 0
        asking = sum(text.count("\n") for path, text in files if path.suffix in _SUFFIXES)
        for number in range(2 * asking // (_PANELS * _PLAIN.count("\n")) if origin == EXAMPLE else 0):
            text = _PLAIN_HEAD + "".join(_PLAIN.format(n=n) for n in range(_PANELS))
            _write(root / "apps" / f"app{copy}" / "components" / f"panels{number}.tsx", text)
            written += text.count("\n")
        copy += 1


def _is_kept(path: Path, origin: Path) -> bool:
    return "node_modules" not in path.parts and path.stat().st_size < 1_000_000 and path != origin / "package-lock.json"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _renamed(body: str, names: list[str], number: int) -> str:
    """The models and enumerations of a schema under names of their own."""
    if number == 0:
        return body
    pattern = re.compile(r"\b(" + "|".join(map(re.escape, names)) + r")\b")
    lines = (pattern.sub(lambda m: f"{m[1]}V{number}", line) for line in body.split("\n"))
    return re.sub(r'@@?map\("(\w+)"\)', lambda m: m[0].replace(m[1], f"{m[1]}_v{number}"), "\n".join(lines))


def _asking(text: str, accessors: set[str], number: int) -> str:
    """A module that asks for the models of one of the copies of the schema."""
    if number == 0:
        return text
    return re.sub(
        r"\.(\w+)\.(find\w+|create\w*|update\w*|upsert|delete\w*|count|aggregate|groupBy)\(",
        lambda m: f".{m[1]}V{number}.{m[2]}(" if m[1] in accessors else m[0],
        text,
    )


def bare_parse(files: tuple[SourceFile, ...]) -> None:
    """Parse the files with tree-sitter and do nothing else."""
    typescript = tree_sitter.Parser(tree_sitter.Language(tree_sitter_typescript.language_typescript()))
    tsx = tree_sitter.Parser(tree_sitter.Language(tree_sitter_typescript.language_tsx()))
    for file in files:
        (tsx if file.suffix == ".tsx" else typescript).parse(file.read_bytes())


def reading(root: Path) -> tuple[float, float, float]:
    """Seconds of reading the schema, and of following the code: processor time of all processes, and wall time."""
    program = (
        "import gc, os, sys, time; gc.disable()\n"  # as the audit does
        "from pathlib import Path\n"
        "from dbarchitect.sources.assemble import read_project\n"
        "from dbarchitect.sources.code.typescript.reader import read_code\n"
        "from dbarchitect.sources.discover import open_project\n"
        "from dbarchitect.sources.typescript.index import TypeScriptIndex\n"
        "project = open_project(Path(sys.argv[1])); index = TypeScriptIndex(project)\n"
        "took = lambda: sum(os.times()[:4])\n"
        "a = took(); found = read_project(project, scripts=index); b = took(); t = time.monotonic()\n"
        "read_code(index, found)\n"
        "print(b - a, took() - b, time.monotonic() - t)\n"
    )
    said = subprocess.run([sys.executable, "-c", program, str(root)], capture_output=True, text=True, check=True)
    schema, code, elapsed = map(float, said.stdout.split())
    return schema, code, elapsed


def main() -> int:
    """Measure; 1 where a target is missed."""
    with tempfile.TemporaryDirectory(prefix="dba-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        root = Path(folder) / "application"
        write_application(root, Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLE, LINES)
        files = open_project(root).by_suffix(*_SUFFIXES)  # those that an audit reads
        size = sum(file.size for file in files)
        lines = sum(file.read_bytes().count(b"\n") for file in files)
        (bare,) = best(1, lambda: bare_parse(files))
        schema, code, elapsed = reading(root)
        ratio = code / PROCESSES / bare
        print(
            f"code / bare parsing = {ratio:.1f} on two cores   ({code:.1f} s of processor time, {elapsed:.1f} s wall,"
        )
        print(f"    schema before it {schema:.1f} s, bare parsing {bare:.2f} s; {len(files):,} files, {lines:,} lines,")
        print(f"    {size / 1e6:.0f} MB)")
        time.sleep(3)  # what changed just now could change again unseen: it is not kept
        calls = b".findMany(", b".findFirst("
        done = audited(root, with_queries(root, "*.ts", b"prisma."), b"//", calls, lambda: audit(root, cached=True))
        show(done)
        memory = max(run.memory for run in done.values())
    print(
        f"targets: {MOST_COLD:g} s elapsed cold, {MOST_RATIO:g} times bare parsing, {MOST_AGAIN:g} s after an edit "
        f"of ten files, {MOST_MEMORY:,} MB"
    )
    cold = done["cold"].elapsed
    return int(cold > MOST_COLD or ratio > MOST_RATIO or slowest(done) > MOST_AGAIN or memory > MOST_MEMORY)


if __name__ == "__main__":
    sys.exit(main())
