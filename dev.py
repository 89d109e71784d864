#!/usr/bin/env python3
"""Set up, check, test and extend dbarchitect. Needs nothing but Python 3.11 and its standard library.

Every command makes `.venv` first when it is missing or older than pyproject.toml and constraints.txt.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "dbarchitect-setup"
CONSTRAINTS = ROOT / "constraints.txt"
SCRIPTS = ("dev.py", "examples/parity.py")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
POSTGRESQL_VERSIONS = ("13", "14", "15", "16", "17", "18")
RULE_BOOKS = Path("tests", "rules")
RULES = Path("src", "dbarchitect", "rules")


class Failed(Exception):  # noqa: N818 - the fact, not the noun
    """What went wrong, in words for the person at the keyboard."""


# ------------------------------------------------------------------------------------------------- processes


def say(text: str) -> None:
    """One line about what happens now, in order with the output of the processes."""
    print(text, flush=True)


def run(*command: str | Path, env: dict[str, str] | None = None) -> int:
    """Run a process in the project's folder with our own input and output; its exit code."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(
            words, cwd=ROOT, check=False, env=None if env is None else {**os.environ, **env}
        ).returncode
    except FileNotFoundError as error:
        raise Failed(f"{words[0]} is not on this machine") from error


def must(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run a process that has to succeed. Raises Failed."""
    if code := run(*command, env=env):
        raise Failed(f"`{' '.join(str(word) for word in command)}` ended with {code}")


def answers(*command: str | Path) -> bool:
    """Whether a program is there and succeeds; its output is not shown."""
    words = [str(word) for word in command]
    quiet = subprocess.DEVNULL
    try:
        return subprocess.run(words, check=False, stdout=quiet, stderr=quiet).returncode == 0
    except OSError:
        return False


# ----------------------------------------------------------------------------------------------------- setup


def requirements() -> list[str]:
    """What pip has to install: the package with its extra, editable, and the development group."""
    group: list[str] = pyproject()["dependency-groups"]["dev"]
    return ["--editable", f"{ROOT}[server]", *(line for line in group if not line.startswith("dbarchitect"))]


def pyproject() -> dict[str, Any]:
    """Our pyproject.toml."""
    import tomllib

    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def wanted_stamp() -> str:
    """A digest of everything that decides what the environment holds."""
    data = pyproject()
    parts = [data[key] for key in ("build-system", "project", "dependency-groups")]
    text = json.dumps(parts, sort_keys=True) + CONSTRAINTS.read_text(encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()


def is_set_up() -> bool:
    """Whether `.venv` works and holds what pyproject.toml and constraints.txt ask for."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted_stamp() and answers(PYTHON, "-V")


def setup(*, system: bool = False, upgrade: bool = False) -> None:
    """Make the environment what it should be. Raises Failed."""
    if system:
        install_debian_packages()
    if upgrade or not is_set_up():
        if not answers(PYTHON, "-V"):
            make_environment()
        pins: list[str | Path] = [] if upgrade else ["--constraint", CONSTRAINTS]
        newest = ["--upgrade", "--upgrade-strategy", "eager"] if upgrade else []
        say("Installing dbarchitect and what its development needs into .venv")
        quiet = {"PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        must(*pip(), "install", "--quiet", *newest, *pins, *requirements(), env=quiet)
        if upgrade:
            write_constraints()
        STAMP.write_text(wanted_stamp(), encoding="utf-8")
    if system:
        must(PYTHON, Path("tests", "servers.py"), "install", *POSTGRESQL_VERSIONS)


def make_environment() -> None:
    """A virtual environment in `.venv`. Without pip of its own where Debian ships Python without `ensurepip`."""
    if VENV.exists():
        raise Failed(f"{VENV} is there but its Python does not run: remove it and try again")
    say("Making .venv")
    if answers(sys.executable, "-c", "import ensurepip"):
        must(sys.executable, "-m", "venv", VENV)
    elif host_pip():
        must(sys.executable, "-m", "venv", "--without-pip", VENV)
    else:
        raise Failed("this Python has neither ensurepip nor pip: install python3-venv, or pass --install-system")


def host_python() -> str:
    """The Python outside every virtual environment."""
    return sys.executable if sys.prefix == sys.base_prefix else str(Path(sys.base_prefix, "bin", "python3"))


def host_pip() -> bool:
    """Whether that Python has a pip that can install into another environment (22.3 or newer)."""
    return answers(host_python(), "-m", "pip", "--python", sys.executable, "--version")


def pip() -> tuple[str | Path, ...]:
    """The pip that installs into `.venv`: its own, or the one outside."""
    if answers(PYTHON, "-m", "pip", "--version"):
        return (PYTHON, "-m", "pip")
    if host_pip():
        return (host_python(), "-m", "pip", "--python", PYTHON)
    raise Failed("there is no pip: install python3-pip, or pass --install-system")


def write_constraints() -> None:
    """Pin what is installed now in constraints.txt."""
    listed = subprocess.run(
        [*map(str, pip()), "freeze", "--exclude-editable"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    head = "# Written by `python3 dev.py setup --upgrade`: the versions that development and CI use.\n"
    CONSTRAINTS.write_text(head + listed.stdout, encoding="utf-8")


def install_debian_packages() -> None:
    """Debian's PostgreSQL and Chromium, npm for the other versions, venv where it is missing. Raises Failed."""
    wanted = [] if list(Path("/usr/lib/postgresql").glob("*/bin/postgres")) else ["postgresql"]
    if not any(map(shutil.which, BROWSERS)):
        wanted.append("chromium")
    if not PYTHON.exists() and not answers(sys.executable, "-c", "import ensurepip"):
        wanted.append("python3-venv")
    if not shutil.which("npm"):
        wanted.append("npm")
    if not wanted:
        return
    if not shutil.which("apt-get"):
        raise Failed(f"--install-system needs apt-get; install {' and '.join(wanted)} in your system's way")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and not answers(*root, "true"):
        raise Failed(f"--install-system needs root or sudo without a password, to install {' and '.join(wanted)}")
    say(f"Installing {', '.join(wanted)} by apt-get")
    noninteractive = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    must(*root, *noninteractive, "update")
    must(*root, *noninteractive, "install", "-y", "--no-install-recommends", *wanted)


def ensure_set_up() -> None:
    """Set up when that was never done, or is out of date."""
    if not is_set_up():
        setup()


# -------------------------------------------------------------------------------------------- check and test


def check() -> int:
    """Everything that can be said without running a test. All of it runs; 1 when anything is wrong."""
    ensure_set_up()
    steps: dict[str, tuple[str | Path, ...]] = {
        "ruff format": (PYTHON, "-m", "ruff", "format", "--check", ".", *SCRIPTS),
        "ruff check": (PYTHON, "-m", "ruff", "check", ".", *SCRIPTS),
        "mypy": (PYTHON, "-m", "mypy", "--strict", "src/dbarchitect", *SCRIPTS),
        "lint-imports": (PYTHON.with_name("lint-imports"), "--no-cache", "--no-logo"),
        "docs": docs_command(check=True),
    }
    failed = []
    for name, command in steps.items():
        say(f"== {name}")
        if run(*command):
            failed.append(name)
    if failed:
        print(f"check: {', '.join(failed)} failed", file=sys.stderr, flush=True)
    return 1 if failed else 0


def test(pytest_arguments: list[str], *, system: bool, slow: bool, no_skips: bool) -> int:
    """Set up, check, and run the tests; pytest's exit code."""
    if system:
        setup(system=True)
    if check():
        raise Failed("the tests were not run")
    say("== pytest")
    options = ["-n", "2", "--dist", "worksteal"]
    if not slow:
        options += ["-m", "not slow"]
    environment = {}
    if no_skips or os.environ.get("CI", "").lower() in ("1", "true", "yes"):
        options += ["-p", "no_skips"]
        environment["PYTHONPATH"] = os.pathsep.join(
            filter(None, (str(ROOT / "tests" / "house"), os.environ.get("PYTHONPATH")))
        )
    return run(PYTHON, "-m", "pytest", *options, *pytest_arguments, env=environment)


def docs_command(*, check: bool) -> tuple[str | Path, ...]:
    """The command that writes the generated pages, or says which are out of date."""
    return (PYTHON, Path("docs", "generate.py"), *(["--check"] if check else []))


def bench(names: list[str]) -> int:
    """Run the benches, all or those named; 1 when one of them fails."""
    ensure_set_up()
    there = {path.stem: path for path in sorted((ROOT / "bench").glob("*.py")) if not path.stem.startswith("_")}
    if unknown := [name for name in names if name not in there]:
        raise Failed(f"there is no bench {', '.join(unknown)}; there is {', '.join(there) or 'none'}")
    failed = []
    for name in names or there:
        say(f"== {name}")
        if run(PYTHON, there[name]):
            failed.append(name)
    if failed:
        print(f"bench: {', '.join(failed)} failed", file=sys.stderr)
    return 1 if failed else 0


# -------------------------------------------------------------------------------------------------- new rule


def new_rule(name: str, group: str, code: str) -> int:
    """Write the two files of a new rule: the class with its manual page, and its case book."""
    module, group = name.replace("-", "_"), group.replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", module):
        raise Failed(f"{name!r} is no name for a rule: name the fault in two words or more, like unindexed-foreign-key")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", group):
        raise Failed(f"{group!r} is no name for a group: take a package name, like indexes")
    if not re.fullmatch(r"[A-Z]{3}[0-9]{3}", code):
        raise Failed(f"{code!r} is no code: take three capitals and three digits, like IDX001")
    for path in sorted((ROOT / RULES).glob("*/*.py")):
        if re.search(rf'^    code\b.*"{code}"', path.read_text(encoding="utf-8"), re.MULTILINE):
            raise Failed(f"{code} is the code of {path.stem.replace('_', '-')}")
        if path.stem == module:
            raise Failed(f"the rule {name} is there already: {path.relative_to(ROOT)}")
    words = {
        "name": module.replace("_", "-"),
        "title": module.replace("_", " ").capitalize(),
        "class_name": "".join(word.capitalize() for word in module.split("_")),
        "code": code,
    }
    package = RULES / group / "__init__.py"
    if not (ROOT / package).exists():
        write(package, f'"""Rules about {group.replace("_", " ")}."""\n')
    write(RULES / group / f"{module}.py", filled("rule.py.txt", words))
    write(RULE_BOOKS / group / f"{module}.md", filled("book.md.txt", words))
    return 0


def filled(template: str, words: dict[str, str]) -> str:
    """A template of a new rule with its words filled in."""
    text = (ROOT / "tests" / "house" / "new_rule" / template).read_text(encoding="utf-8")
    return string.Template(text).substitute(words)


def write(path: Path, text: str) -> None:
    """Write a new file of the project and say so."""
    (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
    (ROOT / path).write_text(text, encoding="utf-8")
    say(f"wrote {path}")


# ---------------------------------------------------------------------------------------------- command line


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="dev.py", description=(__doc__ or "").splitlines()[0])
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    system = argparse.ArgumentParser(add_help=False)
    system.add_argument(
        "--install-system",
        action="store_true",
        help="install what tests use: Debian's PostgreSQL and Chromium (by root or sudo), other PostgreSQL versions",
    )
    one = commands.add_parser("setup", parents=[system], help="make .venv with everything that development needs")
    one.add_argument("--upgrade", action="store_true", help="take the newest versions and pin them in constraints.txt")
    commands.add_parser("check", help="formatting, linting, types, floors, generated pages")
    one = commands.add_parser(
        "test",
        parents=[system],
        allow_abbrev=False,
        help="check, then run the tests; other arguments go to pytest",
    )
    one.add_argument("--slow", action="store_true", help="the slow tests, too")
    one.add_argument("--no-skips", action="store_true", help="a skipped test is a failure (as it is where CI=true)")
    one = commands.add_parser("docs", help="write the generated pages")
    one.add_argument("--check", action="store_true", help="write nothing; fail when a page is out of date")
    one = commands.add_parser("rule", help="start a new rule: its class and its case book")
    one.add_argument("name", help="the fault, like unindexed-foreign-key")
    one.add_argument("--group", required=True, help="the package under rules/, like indexes")
    one.add_argument("--code", required=True, help="three capitals and three digits, like IDX001; never used before")
    commands.add_parser("parity", help="compare the audits of the examples with the human auditors'", add_help=False)
    one = commands.add_parser("bench", help="run the benches")
    one.add_argument("name", nargs="*", help="a bench (default: all)")
    return top


def main(arguments: list[str]) -> int:
    """Run a command; its exit code."""
    options, rest = parser().parse_known_args(arguments)
    if rest and options.command not in ("test", "parity"):
        parser().error(f"unrecognized arguments: {' '.join(rest)}")
    if options.command == "setup":
        setup(system=options.install_system, upgrade=options.upgrade)
        return 0
    if options.command == "check":
        return check()
    if options.command == "test":
        return test(rest, system=options.install_system, slow=options.slow, no_skips=options.no_skips)
    if options.command == "rule":
        return new_rule(options.name, options.group, options.code)
    if options.command == "bench":
        return bench(options.name)
    ensure_set_up()
    if options.command == "docs":
        return run(*docs_command(check=options.check))
    return run(PYTHON, Path("examples", "parity.py"), *rest)


if __name__ == "__main__":
    if sys.version_info < (3, 11):  # noqa: UP036 - ruff knows that we need it; who starts this file may not
        sys.exit(f"dev.py: Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failure:
        sys.exit(f"dev.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
