"""What of a directory is read, what is left out, and why."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dbarchitect.errors import TargetError
from dbarchitect.sources.discover import Project, open_project
from dbarchitect.sources.production import is_aside


def put(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def paths(project: Project) -> list[str]:
    return [file.path for file in project.files]


def why(project: Project) -> dict[str, str]:
    return {s.path: s.why for s in project.skipped}


def test_files_are_sorted_and_relative(tmp_path: Path) -> None:
    put(tmp_path, "b.py", "a/z.py", "a/b/c.sql")
    project = open_project(tmp_path)
    assert paths(project) == ["a/b/c.sql", "a/z.py", "b.py"]
    assert [f.path for f in project.by_suffix(".py")] == ["a/z.py", "b.py"]
    assert [f.path for f in project.by_suffix(".py", ".sql")] == ["a/b/c.sql", "a/z.py", "b.py"]
    assert [f.path for f in project.under("a")] == ["a/b/c.sql", "a/z.py"]
    assert project.under(".") == project.files
    found = project.get("a/z.py")
    assert found is not None
    assert found.size == 6
    assert found.text() == "x = 1\n"
    assert project.get("z.py") is None


def test_gitignore_at_every_level(tmp_path: Path) -> None:
    put(
        tmp_path,
        "secret.py",
        "a/keep.log",
        "a/drop.log",
        "a/b/deep.log",
        "a/b/gen/x.py",
        "gen/y.py",
        "c/only.py",
        "c/no.py",
    )
    (tmp_path / ".gitignore").write_text("# a comment\n\n*.log\n/gen/\nsecret.py\n")
    (tmp_path / "a/.gitignore").write_text("!keep.log\n")
    (tmp_path / "c/.gitignore").write_text("*\n!only.py\n")
    project = open_project(tmp_path)
    assert [p for p in paths(project) if ".git" not in p] == ["a/b/gen/x.py", "a/keep.log", "c/only.py"]
    assert why(project)["gen"] == "ignored by .gitignore"
    assert why(project)["a/b/deep.log"] == "ignored by .gitignore"


def test_gitignore_of_the_repository_counts_in_a_folder_of_it(tmp_path: Path) -> None:
    put(tmp_path, "backend/a.py", "backend/local.py", "backend/x/settings_local.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("/backend/local.py\nsettings_local.py\n")
    assert paths(open_project(tmp_path / "backend")) == ["a.py"]


def test_a_folder_that_is_ignored_is_read_when_it_is_named(tmp_path: Path) -> None:
    put(tmp_path, "build/a.py")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("build/\n")
    assert paths(open_project(tmp_path / "build")) == ["a.py"]


def test_a_malformed_gitignore_loses_only_its_malformed_line(tmp_path: Path) -> None:
    put(tmp_path, "a.py", "b.py")
    (tmp_path / ".gitignore").write_bytes(b"!\n\xff\xfe\nb.py\n")
    assert [p for p in paths(open_project(tmp_path)) if p.endswith(".py")] == ["a.py"]


def test_what_nobody_wrote_here_is_left_out_once(tmp_path: Path) -> None:
    put(
        tmp_path,
        "app/models.py",
        "node_modules/x/index.js",
        "web/node_modules/y/index.js",
        "vendor/lib/x.php",
        "third_party/z.py",
        "lib/site-packages/q.py",
        "static/app.min.js",
        "static/app.js.map",
        "api/user_pb2.py",
        "dist/bundle.js",
        "src/generated/client.ts",
        "odd/pyvenv.cfg",
        "odd/lib/python3/x.py",
        ".git/config",
        "app/__pycache__/models.cpython-311.pyc",
    )
    project = open_project(tmp_path)
    assert paths(project) == ["app/models.py"]
    assert why(project) == {
        ".git": "version control",
        "node_modules": "vendored code",
        "web/node_modules": "vendored code",
        "vendor": "vendored code",
        "third_party": "vendored code",
        "lib/site-packages": "vendored code",
        "static/app.min.js": "generated or minified",
        "static/app.js.map": "generated or minified",
        "api/user_pb2.py": "generated or minified",
        "dist": "build output",
        "src/generated": "generated code",
        "odd": "a virtual environment",
    }


def test_copies_of_other_people_s_packages_are_none_of_ours(tmp_path: Path) -> None:
    put(
        tmp_path,
        "app/models.py",
        "libs/flask/app.py",
        "libs/flask-3.0.dist-info/METADATA",
        "lib/certifi/core.py",
        "lib/requests/api.py",
        "lib/idna/core.py",
        "packages/shop/models.py",
    )
    project = open_project(tmp_path)
    assert paths(project) == ["app/models.py", "packages/shop/models.py"]
    assert why(project) == {"libs": "vendored code", "lib": "vendored code"}


def test_tests_are_left_out_by_exact_parts_of_the_path(tmp_path: Path) -> None:
    put(
        tmp_path,
        "app/tests/test_x.py",
        "app/test_views.py",
        "app/tests.py",
        "conftest.py",
        "web/a.spec.ts",
        "web/b.test.tsx",
        "web/c.test.integration.ts",
        "web/rest-test-utils.ts",
        "web/testutils.ts",
        "web/latest.utils.ts",
        "web/contest.ts",
        "web/__tests__/c.ts",
        "e2e/d.ts",
        "app/fixtures/users.json",
        "contest/models.py",
        "latest/models.py",
        "testimonials/models.py",
        "test_project/models.py",
        "lab/models/test_result.py",
        "lab/models/blood_test.py",
        "lab/migrations/0002_x_test.py",
    )
    assert paths(open_project(tmp_path)) == [
        "contest/models.py",
        "lab/migrations/0002_x_test.py",
        "lab/models/blood_test.py",
        "lab/models/test_result.py",
        "latest/models.py",
        "test_project/models.py",
        "testimonials/models.py",
        "web/contest.ts",
        "web/latest.utils.ts",
    ]


def test_an_application_called_tests_or_vendor_or_build_is_kept(tmp_path: Path) -> None:
    for app in ("tests", "vendor"):
        put(
            tmp_path,
            *(f"{app}/{n}" for n in ("__init__.py", "models.py", "admin.py", "apps.py", "migrations/0001_initial.py")),
        )
    put(tmp_path, "build/__init__.py", "build/models.py")
    put(tmp_path, *(f"lib/tests/{n}" for n in ("models.py", "apps.py", "migrations/0001_initial.py", "test_models.py")))
    project = open_project(tmp_path)
    assert {p.split("/")[0] for p in paths(project)} == {"tests", "vendor", "build"}
    assert why(project) == {"lib/tests": "test or fixture code"}


def test_include_brings_back_and_exclude_leaves_out(tmp_path: Path) -> None:
    put(
        tmp_path,
        "a/tests/x.py",
        "a/tests/node_modules/y.js",
        "b/tests/z.py",
        "vendor/ours/m.py",
        "vendor/theirs/n.py",
        "conftest.py",
        "docs/c.py",
    )
    back = open_project(tmp_path, include=("tests/",), exclude=("docs",))
    assert paths(back) == ["a/tests/x.py", "b/tests/z.py"]
    assert why(back)["docs"] == "left out by an exclude pattern"
    assert paths(open_project(tmp_path, include=("a/tests/",))) == ["a/tests/x.py", "docs/c.py"]
    assert paths(open_project(tmp_path, include=("vendor/ours/",))) == ["docs/c.py", "vendor/ours/m.py"]
    assert paths(open_project(tmp_path, include=("conftest.py",))) == ["conftest.py", "docs/c.py"]
    assert paths(open_project(tmp_path, include=("**/tests/*.py",))) == ["a/tests/x.py", "b/tests/z.py", "docs/c.py"]


def test_links_are_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    put(inside, "a/x.py")
    put(outside, "secret.py")
    (inside / "a/loop").symlink_to(inside)
    (inside / "away").symlink_to(outside)
    (inside / "file.py").symlink_to(outside / "secret.py")
    (inside / "self").symlink_to("self")
    project = open_project(inside)
    assert paths(project) == ["a/x.py"]
    assert set(why(project)) == {"a/loop", "away", "file.py", "self"}


def test_large_files_are_reported(tmp_path: Path) -> None:
    for name, size in (
        ("big.py", 2_100_000),
        ("dump.sql", 3_000_000),
        ("huge.sql", 65_000_000),
        ("film.mp4", 100_000_000),
    ):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    project = open_project(tmp_path)
    assert paths(project) == ["dump.sql"]
    assert {str(d.origin): d.text for d in project.diagnostics} == {
        "big.py": "not read: 2 MB is larger than 2 MB",
        "huge.sql": "not read: 65 MB is larger than 64 MB",
    }
    assert why(project)["film.mp4"] == "larger than 2 MB"


def test_a_single_file_is_a_project(tmp_path: Path) -> None:
    put(tmp_path, "tests/test_a.py", "tests/b.py")
    project = open_project(tmp_path / "tests/test_a.py")
    assert paths(project) == ["test_a.py"]
    assert project.root == tmp_path / "tests"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="No such file"):
        open_project(tmp_path / "nowhere")


def test_names_that_are_hostile(tmp_path: Path) -> None:
    put(tmp_path, "a\nb.py", "</script>.py", "🐘'\".py")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.py"))).write_text("y = 2\n")
    project = open_project(tmp_path)
    assert len(project.files) == 4
    for file in project.files:
        file.path.encode()
        assert file.text()


@pytest.mark.parametrize(
    ("name", "raw", "text"),
    [
        ("a.py", b"\xef\xbb\xbfx = 1", "x = 1"),
        ("b.py", b"# -*- coding: latin-1 -*-\nx = '\xe9'", "# -*- coding: latin-1 -*-\nx = 'é'"),
        ("c.sql", "\ufeffselect 1".encode("utf-16-le"), "select 1"),
    ],
)
def test_decoding(tmp_path: Path, name: str, raw: bytes, text: str) -> None:
    (tmp_path / name).write_bytes(raw)
    assert open_project(tmp_path).files[0].text() == text


@pytest.mark.parametrize("raw", [b"x = '\xff'", b"# coding: klingon\nx = 1"])
def test_what_cannot_be_decoded(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "a.py").write_bytes(raw)
    with pytest.raises(UnicodeDecodeError):
        open_project(tmp_path).files[0].text()


def test_twenty_thousand_files(tmp_path: Path) -> None:
    """Pruned folders are not listed and the walk costs microseconds a file; generous, to hold on a busy machine."""
    for folder in range(100):
        directory = tmp_path / f"p{folder}"
        directory.mkdir()
        for number in range(50):
            (directory / f"m{number}.py").touch()
    (tmp_path / ".gitignore").write_text("\n".join(f"*.x{i}" for i in range(40)))
    start = time.perf_counter()
    project = open_project(tmp_path)
    assert len(project.files) == 5001
    assert time.perf_counter() - start < 1.0


def test_support_for_tests_is_left_out(tmp_path: Path) -> None:
    put(tmp_path, *(f"lib/{name}/x.py" for name in ("test_utils", "testutils", "test_helpers", "latest_utils")))
    assert paths(open_project(tmp_path)) == ["lib/latest_utils/x.py"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("examples/blog", True),
        ("sandbox", True),
        ("lib/project_template/home", True),
        ("{{cookiecutter.slug}}/users", True),
        ("sample_shop", True),
        ("testproject/core", True),
        ("docs", True),
        ("src/shop", False),
        ("samples_taken/lab", True),
        ("contest/entries", False),
        ("templates", False),
        ("", False),
    ],
)
def test_what_lies_aside(path: str, expected: bool) -> None:
    assert is_aside(path) is expected


def test_an_application_for_tests_that_somebody_takes(tmp_path: Path) -> None:
    put(tmp_path, *(f"lab/test/{name}.py" for name in ("__init__", "models", "admin", "views")))
    put(tmp_path, *(f"shop/tests/{name}.py" for name in ("__init__", "models", "admin", "views", "factories")))
    assert {path.rpartition("/")[0] for path in paths(open_project(tmp_path))} == {"lab/test"}
