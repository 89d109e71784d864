"""Whatever is wrong with a target, `dba audit` says it in words: no traceback, no password, nothing half-written, and
exit code 2 only when nothing could be audited."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.badinput import (
    COMMENTS,
    DJANGO,
    FILES,
    PRISMA,
    SETTINGS,
    SQL,
    SQLALCHEMY,
    application,
    audited,
    refused,
    unindexed,
    write,
)
from support.dba import dba

# ------------------------------------------------------------------------------------------------------- repositories


@pytest.mark.parametrize("framework", FILES)
def test_a_file_that_is_not_utf_8(framework: str, tmp_path: Path) -> None:
    """One application for each coding, all in one repository."""
    good, sign = FILES[framework][1], COMMENTS[framework]
    contents = {
        "latin-1": good.encode() + f"{sign} caf\xe9\n".encode("latin-1"),
        "utf-16": good.encode("utf-16"),
        "bom": b"\xef\xbb\xbf" + good.encode(),
        "nul": good.encode() + f"{sign} \0\0\n".encode(),
        "crlf": good.replace("\n", "\r\n").encode(),
        "endless": good.encode() + f"{sign} {'x' * 1_900_000}".encode(),
        "brackets": good.encode() + b"\n" + b"(" * 50_000,
    }
    for name, content in contents.items():
        application(tmp_path / name, framework, content)
    data = audited(str(tmp_path))
    assert {a["path"]: a["examined"]["tables"] for a in data["applications"]} == dict.fromkeys(contents, 2)
    assert unindexed(data) == len(contents)
    places = {d["location"]["path"].split("/")[0]: d["location"]["line"] for d in data["diagnostics"]}
    assert {"latin-1", "brackets"} <= places.keys()
    assert all(line is not None for line in places.values())
    assert not {"bom", "crlf", "endless"} & places.keys()


BROKEN = {
    "django": ("class Book", "class Broken(models.Model):\n    x = models.TextField(null=\n    def (:\n\nclass Book"),
    "sqlalchemy": ("class Book", "class Broken(Base):\n    x = Column(Integer, primary_key=\n    def (:\n\nclass Book"),
    "prisma": ("model Book", "model Broken {\n  id Int @id @@@ (\n  !!\n}\n\nmodel Book"),
    "sql": ("create table book", "create table broken (id integr primary, key key not;\ncreate table book"),
}  # fmt: skip


@pytest.mark.parametrize("framework", BROKEN)
def test_a_syntax_error_costs_what_is_broken_and_nothing_else(framework: str, tmp_path: Path) -> None:
    name, good = FILES[framework]
    old, new = BROKEN[framework]
    broken = good.replace(old, new, 1)
    application(tmp_path, framework, broken)
    data = audited(str(tmp_path))
    assert unindexed(data) == 1
    first = broken[: broken.index("roken")].count("\n") + 1
    lines = [d["location"]["line"] for d in data["diagnostics"] if d["location"]["path"] == name]
    assert lines and min(lines) >= first
    assert min(lines) <= first + 2
    text = dba("audit", str(tmp_path)).stdout
    assert f"{name}:{min(lines)}" in text


@pytest.mark.parametrize("framework", FILES)
def test_a_file_of_which_nothing_can_be_read(framework: str, tmp_path: Path) -> None:
    application(tmp_path, framework, os.urandom(4000))
    refused(dba("audit", str(tmp_path)), "no tables were found", "Django")


def test_a_tree_with_traps(tmp_path: Path) -> None:
    root = tmp_path / "tree"
    write(root, "schema.sql", SQL)
    (root / "loop").symlink_to(".")
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    (root / "zero.sql").symlink_to("/dev/zero")
    write(tmp_path, "secret/schema.sql", "create table secret (id int);")
    (root / "outside").symlink_to(tmp_path / "secret")
    (root / "outside.sql").symlink_to(tmp_path / "secret" / "schema.sql")
    for name in ("pipe.sql", "models.py", "package.json", ".gitignore", "pyproject.toml", "schema.prisma"):
        os.mkfifo(root / name)
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(root)  # the path of a socket must be short
        listener.bind("socket.sql")
        os.chdir(here)
    write(root, "new\nline/schema.sql", "create table third (id bigint primary key);")
    folder = os.fsencode(root) + b"/bad\xff"
    os.mkdir(folder)  # noqa: PTH102 - a Path takes no bytes
    with open(folder + b"/schema\xfe.sql", "w") as file:  # noqa: PTH123 - see above
        file.write("create table fourth (id bigint primary key);")
    deep = root.joinpath(*["d"] * 800)
    write(deep, "schema.sql", "create table fifth (id bigint primary key);")
    data = audited(str(root))
    assert sorted(a["examined"]["tables"] for a in data["applications"]) == [1, 1, 1, 2]
    skipped = {s["path"] for s in data["examined"]["skipped_paths"]}
    assert {"loop", "a", "b", "outside", "outside.sql", "zero.sql"} <= skipped
    assert "secret" not in {f["object"]["table"] for f in data["findings"]}
    text = dba("audit", str(root)).stdout
    assert "new\\nline" in text and "new\nline" not in text


UNPRIVILEGED = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")  # what lets root read everything


@pytest.mark.parametrize("mode", [0o000, 0o400])
@pytest.mark.parametrize("command", ["audit {0}", "doctor {0}", "baseline {0}", "audit . --format json:{0}/report"])
def test_a_folder_that_may_not_be_entered(tmp_path: Path, command: str, mode: int) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and there is no setpriv to change that")
    write(tmp_path, "schema.sql", SQL)
    closed = write(tmp_path, "closed/schema.sql", SQL).parent
    closed.chmod(mode)
    words = [sys.executable, "-m", "dbarchitect", *command.format(closed).split()]
    if os.geteuid() == 0:
        words = [*UNPRIVILEGED, *words]
    result = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    closed.chmod(0o755)
    assert result.returncode == 2
    assert "ermission denied" in result.stdout + result.stderr
    assert "internal error" not in result.stderr


def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and there is no setpriv to change that")
    write(tmp_path, "schema.sql", SQL)
    write(tmp_path, "models.py", SQLALCHEMY).chmod(0)
    write(tmp_path, "hidden/schema.sql", SQL).parent.chmod(0)
    command = [sys.executable, "-m", "dbarchitect", "audit", str(tmp_path), "--format", "json"]
    if os.geteuid() == 0:
        command = [*UNPRIVILEGED, *command]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    (tmp_path / "hidden").chmod(0o755)
    assert result.returncode == 1, result.stderr
    told = {d["location"]["path"]: d["text"] for d in json.loads(result.stdout)["diagnostics"]}
    assert "ermission denied" in told["models.py"]
    assert "ermission denied" in told["hidden"]


def test_what_is_empty_or_of_no_known_kind(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    refused(dba("audit", cwd=empty), "no tables were found", "Prisma")
    write(tmp_path, "other/main.go", "package main")
    write(tmp_path, "other/data.bin", os.urandom(1000))
    refused(dba("audit", str(tmp_path / "other")), "no tables were found")
    result = dba("audit", str(tmp_path / "other" / "data.bin"))
    refused(result, "data.bin")


def test_sql_that_tells_of_no_table(tmp_path: Path) -> None:
    write(tmp_path, "notes.sql", "frobnicate the tables;\n")
    refused(dba("audit", str(tmp_path)), "notes.sql: 1 SQL file creates no table")
    write(tmp_path, "queries/try.sql", SQL)
    refused(dba("audit", str(tmp_path)), "queries/try.sql: 1 SQL file creates tables", "name a file")
    dump = write(tmp_path, "other/db.dump", b"PGDMP\1\16\0\4\10\1\0\0\0\0CREATE TABLE t (id int);")
    refused(dba("audit", str(dump)), "pg_restore")
    refused(dba("audit", str(write(tmp_path, "other/dump.sql", dump.read_bytes()))), "pg_restore")


def test_sql_of_which_nothing_is_understood_costs_no_other_file(tmp_path: Path) -> None:
    write(tmp_path, "schema.sql", f"PRAGMA foreign_keys = ON;\n{SQL}")
    write(tmp_path, "notes.sql", "frobnicate the café;\n")
    write(tmp_path, "packed.sql", bytes(range(256)) * 20 + b"create table t (id int);")
    data = audited(str(tmp_path))
    assert unindexed(data) == 1
    told = [(d["location"]["path"], d["text"]) for d in data["diagnostics"]]
    assert told == [
        ("packed.sql", "not read: it is no text"),
        ("notes.sql", "not understood: frobnicate the café"),
    ]


def test_broken_configuration_of_other_tools(tmp_path: Path) -> None:
    application(tmp_path / "django", "django", DJANGO)
    application(tmp_path / "prisma", "prisma", PRISMA)
    junk: dict[str, str | bytes] = {
            "pyproject.toml": "[[[", "requirements.txt": b"\xff\xfe\0", "docker-compose.yml": "a: [",
            ".env": b"\0\xff=1",
            "alembic.ini": "[[[", "setup.cfg": "nope", "poetry.lock": b"\xff", "compose.yaml": "&a [*a]"}  # fmt: skip
    for name, content in junk.items():
        write(tmp_path / "django", name, content)
        write(tmp_path, name, content)
    write(tmp_path, "prisma/package.json", '{"name": 5, "prisma": [], "scripts": 7, "dependencies": {"prisma": 5}}')
    write(tmp_path, "prisma/prisma.config.ts", "(((")
    write(tmp_path, "prisma/migrations/migration_lock.toml", b"\xff")
    write(tmp_path, "package.json", "{nope")
    assert unindexed(audited(str(tmp_path))) == 2


CYCLES = {
    "django/shop/models.py": DJANGO.replace("models\n", "models\nfrom .other import Mix\nfrom .models import *\n", 1)
    + """
class A(B):
    x = models.IntegerField()
class B(A):
    y = models.IntegerField()
class C(C):
    pass
class Own(models.Model):
    me = models.OneToOneField("self", primary_key=True, on_delete=models.CASCADE)
    many = models.ManyToManyField("self")
    gone = models.ForeignKey("nowhere.Missing", on_delete=models.CASCADE)
class Left(models.Model):
    right = models.OneToOneField("Right", primary_key=True, on_delete=models.CASCADE)
class Right(models.Model):
    left = models.OneToOneField("Left", primary_key=True, on_delete=models.CASCADE)
""",
    "django/shop/other.py": "from .models import *\nfrom .other import Mix\nclass Mix(Author): pass\n",
    "django/shop/__init__.py": "",
    "django/settings.py": SETTINGS,
    "django/manage.py": "",
    "alchemy/models.py": SQLALCHEMY
    + """
class A(B, Base):
    __tablename__ = "a"
    id = Column(ForeignKey("b.id"), primary_key=True)
class B(A):
    __tablename__ = "b"
    id = Column(ForeignKey("a.id"), primary_key=True)
class C(C): pass
class Twice(Base):
    __tablename__ = "book"
    id = Column(Integer, primary_key=True)
    id = Column(String)
    gone = Column(ForeignKey("missing.id"))
    gone2 = Column(ForeignKey("author.missing"))
""",
    "alchemy/requirements.txt": "sqlalchemy",
    "prisma/schema.prisma": PRISMA
    + """
model Node {
  id Int @id
  up Int?
  parent Node? @relation("t", fields: [up], references: [id])
  children Node[] @relation("t")
  gone Missing? @relation(fields: [no], references: [where])
  dup Int
  dup String
}
model Node {
  id Int @id
}
model A { b B @id }
model B { a A @id }
enum E {
}
type T { t T }
""",
    "prisma/package.json": "{}",
    "plain/schema.sql": SQL
    + """
create table author (id int);
create table d (a int, a int, primary key (a, a), foreign key (zz) references author (nope), check (nope > 1));
create table me (id int primary key references me (id), other int references nowhere (id));
create table inherits () inherits (inherits);
create index on d (zz); create index on nowhere (x); create index i on me (id); create index i on me (id);
alter table me attach partition me for values in (1);
create type t as enum (); create type t as enum ('a', 'a'); alter type zz add value 'x';
drop table author cascade; create view v as select * from v;
""",
    "lite/sqlite/schema.sql": """
create table a (id integer primary key autoincrement, id text, x references nowhere, y references a (nope));
create table a (b); create table w (x) without rowid; create virtual table u using unknown (x y z);
create table g (a generated always as (b) stored, b generated always as (a)) strict; create table [br]] (x);
create table "" ("" int); create trigger t after insert on a begin select 1; end; create view v as select * from v;
""",
}


def test_cycles_and_contradictions(tmp_path: Path) -> None:
    for name, content in CYCLES.items():
        write(tmp_path, name, content)
    data = audited(str(tmp_path))
    assert {a["path"].split("/")[0] for a in data["applications"]} == {name.split("/")[0] for name in CYCLES}
    told = " ".join(d["text"] for d in data["diagnostics"])
    for word in ("nowhere", "twice", "already", "missing"):
        assert word in told


def test_applications_of_the_same_name(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        application(tmp_path / folder / "api", "prisma", PRISMA)
        write(tmp_path, f"{folder}/api/package.json", '{"name": "same"}')
    data = audited(str(tmp_path))
    names = [a["name"] for a in data["applications"]]
    assert len(set(names)) == 2
    assert {f["application"] for f in data["findings"]} == set(names)
    assert {f["application"] for f in audited(str(tmp_path), "--app", names[0])["findings"]} == {names[0]}


# -------------------------------------------------------------------------------------------------- time and memory


def within(root: Path, *, seconds: float, megabytes: int) -> dict[str, Any]:
    """The report, which takes no more processor time and no more memory than that."""
    with tempfile.TemporaryFile("w+") as out:
        command = [sys.executable, "-m", "dbarchitect", "audit", str(root), "--format", "json"]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.stderr is not None
        assert process.returncode in {0, 1}, process.stderr.read()
        process.stderr.close()
        out.seek(0)
        data: dict[str, Any] = json.load(out)
    assert usage.ru_utime + usage.ru_stime < seconds
    assert usage.ru_maxrss / 1024 < megabytes
    return data


def test_files_of_100_megabytes(tmp_path: Path) -> None:
    row = b"INSERT INTO author VALUES (1, 'it''s a row'), (2, 'another; one');\n"
    write(tmp_path, "schema.sql", SQL.encode() + row * (50_000_000 // len(row)))
    write(tmp_path, "dump.sql", row * (100_000_000 // len(row)))
    write(tmp_path, "models.py", SQLALCHEMY.encode() + b"x = 1\n" * (100_000_000 // 6))
    write(tmp_path, "small/models.py", SQLALCHEMY)
    write(tmp_path, "line/data.py", "x = [" + "1, " * 1_600_000 + "]\n")
    data = within(tmp_path, seconds=25, megabytes=600)
    assert {a["framework"] for a in data["applications"]} >= {"sqlalchemy"}
    told = {d["location"]["path"]: d["text"] for d in data["diagnostics"]}
    assert {"dump.sql", "models.py", "line/data.py"} <= told.keys()
    assert "100 MB" in told["dump.sql"] and "MB" in told["models.py"]


def test_30_000_files(tmp_path: Path) -> None:
    one = write(tmp_path, "one.py", "x = 1\n")
    for number in range(30):
        folder = tmp_path / f"p{number}"
        folder.mkdir()
        for other in range(1000):
            os.link(one, folder / f"f{other}.py")
    write(tmp_path, "schema.sql", SQL)
    assert unindexed(within(tmp_path, seconds=25, megabytes=500)) == 1


def test_models_of_10_000_lines_and_500_columns(tmp_path: Path) -> None:
    one = "class M{0}(models.Model):\n    a = models.TextField()\n    b = models.ForeignKey('M{1}', models.CASCADE)\n\n"
    wide = "".join(f"    c{n} = models.IntegerField(null=True)\n" for n in range(500))
    models = "from django.db import models\n\nclass Wide(models.Model):\n" + wide
    application(tmp_path / "long", "django", models + "".join(one.format(n, (n + 1) % 2500) for n in range(2500)))
    columns = "".join(f"  c{n} Int?\n" for n in range(500))
    application(tmp_path / "wide", "prisma", PRISMA + "model Wide {\n  id Int @id\n" + columns + "}\n")
    nested = "(" * 3000 + "a > 1" + ")" * 3000
    application(
        tmp_path / "deep", "sql", SQL + f"create table n (a int check ({nested}), b int check (a{' + a' * 9000} > 1));"
    )
    deep = "".join(f"{'    ' * n}class C{n}(Base):\n" for n in range(200)) + "    " * 200 + "pass\n"
    brackets = f"x = {'(' * 3000}1{')' * 3000}\ny = {'+'.join(['1'] * 20000)}\n"
    application(tmp_path / "py", "sqlalchemy", SQLALCHEMY + brackets + deep)
    brackets = f"model Z {{\n  id Int @id @default({'[' * 5000}{']' * 5000})\n}}\n"
    application(tmp_path / "pr", "prisma", PRISMA + brackets)
    data = within(tmp_path, seconds=40, megabytes=800)
    tables = {a["path"]: a["examined"]["tables"] for a in data["applications"]}
    assert tables["long"] == 2501 and tables["wide"] == 3 and tables["deep"] == 3


# ------------------------------------------------------------------------------------------------------- the command


def test_targets_that_are_none(tmp_path: Path) -> None:
    write(tmp_path, "schema.sql", SQL)
    refused(dba("audit", "", cwd=tmp_path), "empty")
    refused(dba("audit", "env:", cwd=tmp_path), "env:DATABASE_URL")
    refused(dba("audit", "a" * 5000), "no file")
    refused(dba("audit", "x\ny"), "x\\ny")
    refused(dba("audit", ".", "--app", "other", cwd=tmp_path), "'other'", "Applications: ")
    refused(dba("audit", ".", "--format", "json:", cwd=tmp_path), "json:FILE")
    result = dba("audit", f"postgresql://u:{'pw' * 600}@127.0.0.1:1/x")
    assert result.returncode == 2 and "refused" in result.stderr and "pwpw" not in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["schema.sql"]


def test_a_file_is_read_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("x.sql", "SEED.SQL", "queries/one.ddl"):
        assert unindexed(audited(str(write(tmp_path, name, SQL)))) == 1, name
    for framework in ("sqlalchemy", "prisma"):
        name = "odd" + Path(FILES[framework][0]).suffix
        assert unindexed(audited(str(write(tmp_path, f"{framework}/{name}", FILES[framework][1])))) == 1, name


def test_several_targets(tmp_path: Path) -> None:
    for folder in ("one/app", "two/app", "nothing"):
        (tmp_path / folder).mkdir(parents=True)
    write(tmp_path, "one/app/schema.sql", SQL)
    write(tmp_path, "two/app/schema.sql", SQL)
    data = audited("one/app", "two/app", "nothing", cwd=tmp_path)
    names = [a["name"] for a in data["applications"]]
    assert len(set(names)) == 2
    assert sorted(f["application"] for f in data["findings"] if f["rule"] == "unindexed-foreign-key") == sorted(names)
    assert [d["location"]["path"] for d in data["diagnostics"]] == ["nothing"]
    assert len(audited("one/app", "one/app", cwd=tmp_path)["applications"]) == 1


def test_outputs_that_cannot_take_the_report(tmp_path: Path) -> None:
    write(tmp_path, "schema.sql", SQL.replace("author", '"autør😀"'))
    program = f"{sys.executable} -m dbarchitect"

    def run(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
        variables = {**os.environ, **environment}
        result = subprocess.run(command, shell=True, cwd=tmp_path, env=variables, capture_output=True, check=False)
        assert b"Traceback" not in result.stderr and b"internal error" not in result.stderr
        assert b"Exception ignored" not in result.stderr
        return result

    for coding in ("ascii", "latin-1", "utf-8"):
        result = run(f"{program} audit", PYTHONIOENCODING=coding, PYTHONUTF8="0")
        assert result.returncode == 1
        shown = "utf-8" if coding == "ascii" else coding  # a bare ASCII output is nobody's choice
        assert "autør".encode(shown) in result.stdout
        data = json.loads(run(f"{program} audit --format json", PYTHONIOENCODING=coding, PYTHONUTF8="0").stdout)
        assert "autør😀" in data["findings"][0]["message"]
    if Path("/dev/full").exists():
        for command in ("audit", "audit --format json", "rules", "audit --format json:/dev/full"):
            assert run(f"{program} {command} > /dev/full").returncode == 2
    assert run(f"{program} audit >&-").returncode == 1
    assert run(f"{program} audit 2>&-").returncode == 1
    assert run(f"{program} audit | head -1").returncode == 0
    assert run(f"{program} audit", NO_COLOR="1", FORCE_COLOR="1").stdout.count(b"\x1b") == 0


def test_a_narrow_terminal(tmp_path: Path) -> None:
    if shutil.which("script") is None:
        pytest.skip("there is no program `script` here, which makes a terminal")
    write(tmp_path, "schema.sql", SQL)
    write(tmp_path, "tests/schema.sql", SQL)
    command = f"stty cols 50; {sys.executable} -m dbarchitect audit"
    result = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=tmp_path,
        # a runner of tests may say in COLUMNS how wide its own output is
        env={**{name: value for name, value in os.environ.items() if name != "COLUMNS"}, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    lines = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout.decode()).splitlines()
    assert result.returncode == 1
    assert [
        line for line in lines if len(line) > 50 and " " in line.strip() and not re.match(r"\S|\s+\d+  ", line)
    ] == []


def test_options_that_make_no_sense(tmp_path: Path) -> None:
    write(tmp_path, "schema.sql", SQL)
    refused(dba("audit", "--exclude", "!", cwd=tmp_path), "'!'", ".gitignore")
    for option in ("--include", "--exclude"):
        refused(dba("audit", option, "app/[", cwd=tmp_path), "'app/['", "bracket")
        assert unindexed(audited(option, "app/[slug]", cwd=tmp_path)) == 1
    refused(dba("audit", "--schema", "schema.sql", cwd=tmp_path), "--schema schema.sql", "dba audit schema.sql")
    refused(dba("audit", "--schema", "billing", cwd=tmp_path), "--schema billing", "database")
    refused(dba("audit", "--statement-timeout", "inf", cwd=tmp_path), "statement-timeout", "seconds")
    refused(dba("audit", "--select", "IDX001,NO_SUCH", cwd=tmp_path), "NO_SUCH")
    assert {f["code"] for f in audited("--select", "IDX001,KEY001", cwd=tmp_path)["findings"]} == {"IDX001"}
    contents = {
        "[rules]\nunindexed-foreign-key = 3": "table",
        "select = 'x'": "list",
        "lock-timeout = nan": "lock-timeout",
        "connect-timeout = -1.0": "connect-timeout",
    }
    for content, word in contents.items():
        write(tmp_path, "dbarchitect.toml", content)
        refused(dba("audit", cwd=tmp_path), word)
    (tmp_path / "dbarchitect.toml").unlink()
    write(tmp_path, "pyproject.toml", "[tool.dbarchitect\nselect = ['IDX']")
    refused(dba("audit", cwd=tmp_path), "pyproject.toml")
    write(tmp_path, "pyproject.toml", "[tool.other\n")
    assert unindexed(audited(cwd=tmp_path)) == 1


def test_names_of_files_that_no_terminal_should_see(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/bad\xff\x1b[31m"
    os.mkdir(folder)  # noqa: PTH102 - a Path takes no bytes
    name = os.fsdecode(folder)
    write(tmp_path, "schema.sql", SQL).rename(Path(name) / "schema.sql")
    report = tmp_path / "report.json"
    result = dba("audit", name, "--format", f"json:{report}", "--format", "text", "--format", "concise")
    assert (result.returncode, result.stderr) == (1, "")
    assert "\x1b" not in result.stdout + report.read_text(encoding="utf-8")
    assert json.loads(report.read_text(encoding="utf-8"))["options"]["targets"] == [name]
    assert audited(name)["options"]["targets"] == [name]
    junk = write(tmp_path, "junk\x1b[31m.db", "x" * 1000)
    result = dba("audit", str(junk))
    refused(result, "junk\\x1b[31m.db")
    assert "\x1b" not in result.stderr
    write(tmp_path, "empty/x\x1b[31m.prisma", "garbage")
    result = dba("audit", str(tmp_path / "empty"))
    refused(result, "x\\x1b[31m.prisma:1")
    assert "\x1b" not in result.stderr
