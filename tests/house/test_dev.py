"""dev.py: needs nothing but Python, speaks in words, and starts a rule that works."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = ("setup", "check", "test", "docs", "rule", "parity", "bench")
BARE = (sys.executable, "-I", "-S")


def dev(*arguments: str, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """dev.py by a Python that sees its standard library only."""
    return subprocess.run([*BARE, "dev.py", *arguments], cwd=root, capture_output=True, text=True, timeout=60)


@pytest.fixture
def module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dev_under_test", ROOT / "dev.py")
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The parts of the project that a new rule is written into."""
    for name in ("dev.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests" / "house" / "new_rule", tmp_path / "tests" / "house" / "new_rule")
    return tmp_path


def test_the_help_needs_the_standard_library_only() -> None:
    done = dev("--help")
    assert done.returncode == 0, done.stderr
    assert all(f"\n    {command} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command != "parity"])
def test_every_command_explains_itself(command: str) -> None:
    done = dev(command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"usage: dev.py {command}")


def test_the_makefile_is_made_of_aliases() -> None:
    lines = (ROOT / "Makefile").read_text().splitlines()
    [targets] = [line.rstrip(":").split() for line in lines if line.endswith(":") and not line.startswith(".")]
    assert set(targets) <= set(COMMANDS)
    assert [line.strip() for line in lines if line.startswith("\t")] == ["@$(PYTHON) dev.py $@ $(ARGS)"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bench", "nothing-of-that-name"), "there is no bench nothing-of-that-name"),
        (("rule", "sloppy", "--group", "indexes", "--code", "ZZZ001"), "name the fault"),
        (("rule", "../sloppy-thing", "--group", "indexes", "--code", "ZZZ001"), "name the fault"),
        (("rule", "sloppy-thing", "--group", "../indexes", "--code", "ZZZ001"), "no name for a group"),
        (("rule", "sloppy-thing", "--group", "indexes", "--code", "zzz1"), "three capitals and three digits"),
        (("check", "--everything"), "unrecognized arguments: --everything"),
        (("dance",), "invalid choice"),
    ],
)
def test_errors_are_words(arguments: tuple[str, ...], words: str, copy: Path) -> None:
    make_set_up(copy)
    done = dev(*arguments, root=copy)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def make_set_up(copy: Path) -> None:
    """Let dev.py find our environment in place, so that it installs nothing."""
    (copy / "constraints.txt").write_text("")
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / ".venv" / "bin" / "python").symlink_to(sys.executable)
    write_stamp = "import dev; dev.STAMP.write_text(dev.wanted_stamp())"
    subprocess.run([sys.executable, "-c", write_stamp], cwd=copy, check=True)


def test_the_environment_is_made_again_when_a_pin_or_a_requirement_changes(
    module: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "CONSTRAINTS", tmp_path / "constraints.txt")
    monkeypatch.setattr(module, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(module, "PYTHON", Path(sys.executable))
    assert not module.is_set_up()
    module.STAMP.write_text(module.wanted_stamp())
    assert module.is_set_up()
    append(tmp_path / "pyproject.toml", "\n[tool.something]\nelse = 1\n")
    assert module.is_set_up()
    append(tmp_path / "constraints.txt", "another==1\n")
    assert not module.is_set_up()


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text() + text)


def test_a_new_rule_is_two_files_that_work(copy: Path) -> None:
    done = dev("rule", "sloppy-thing", "--group", "sloppiness", "--code", "ZZZ001", root=copy)
    assert done.returncode == 0, done.stderr
    rule = copy / "src" / "dbarchitect" / "rules" / "sloppiness" / "sloppy_thing.py"
    book = copy / "tests" / "rules" / "sloppiness" / "sloppy_thing.md"
    assert rule.is_file()
    assert book.is_file()
    clean = [sys.executable, "-m", "ruff", "check", "--no-cache", rule.parent]
    assert subprocess.run(clean, cwd=copy).returncode == 0
    formatted = [sys.executable, "-m", "ruff", "format", "--no-cache", "--check", rule.parent]
    assert subprocess.run(formatted, cwd=copy).returncode == 0

    outcome = subprocess.run(
        [sys.executable, "-c", RUN_THE_BOOK, str(book)],
        cwd=copy,
        env={"PYTHONPATH": str(copy / "src"), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.split() == ["1", "0", "0"], "the first case finds one thing, the others nothing"

    again = dev("rule", "other-thing", "--group", "sloppiness", "--code", "ZZZ001", root=copy)
    assert again.returncode == 1
    assert again.stderr == "dev.py: ZZZ001 is the code of sloppy-thing\n"


RUN_THE_BOOK = """
import sys
from pathlib import Path
from dbarchitect.rules._registry import find_rule
from dbarchitect.testing import bench, blocks, projects
from dbarchitect.testing.casebook import read_case_book

book = read_case_book(Path(sys.argv[1]))
rule = find_rule(book.rule)
for case in book.cases:
    survey = blocks.survey_of(projects.read_sql("postgresql", case.ddl("postgresql")), case)
    found = tuple(bench.rule_for(case, rule).detect(survey))
    assert not bench.unmet(case.findings, found), bench.unmet(case.findings, found)
    print(len(found))
"""


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_a_skip_is_a_failure_where_none_is_allowed(jobs: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\ndef test_right(): pass\n\ndef test_left(): pytest.skip('no server here')\n"
    )
    command = [sys.executable, "-m", "pytest", "-n", jobs, "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    environment = {"PYTHONPATH": str(ROOT / "tests" / "house"), "PATH": ""}
    lenient = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert lenient.returncode == 0, lenient.stdout
    strict = subprocess.run([*command, "-p", "no_skips"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert strict.returncode == 1, strict.stdout
    assert "test_it.py::test_left: Skipped: no server here" in strict.stdout
    assert "1 passed, 1 skipped in " in strict.stdout.splitlines()[-1]
