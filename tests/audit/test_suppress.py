"""Suppressions: what each silences, what it leaves, and which do nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from support.dba import dba
from support.surveys import NeedsStatistics, Unindexed, survey, table

from dbarchitect.api import engine_speller
from dbarchitect.audit.model import Audit
from dbarchitect.audit.run import Judgement, audit
from dbarchitect.catalog.refs import Origin
from dbarchitect.catalog.suppression import Suppression
from dbarchitect.sources.discover import open_project
from dbarchitect.sources.ignores import ignores_of

TODAY = date(2026, 11, 20)
SHOP = (table("author"), table("book", references="author"), table("essay", references="author"))
PLACED = tuple(replace(made, origin=Origin(f"app/{made.name}.py", 10, 1, 20, 1)) for made in SHOP)


def judged(*suppressions: Suppression) -> Audit:
    judgement = Judgement(suppressions, today=TODAY, known_rules=(Unindexed, NeedsStatistics))
    return audit([survey(*PLACED)], [Unindexed()], engine_speller(), {}, judgement)


def silenced(result: Audit) -> set[str | None]:
    return {item.finding.object.table for item in result.findings if item.suppressed is not None}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Suppression(("surveys",), "why", object="book.author_id"), {"book"}),
        (Suppression(("TST001",), "why", object="BOOK.*"), {"book"}),
        (Suppression(("TST",), "why", path="app/*.py"), {"book", "essay"}),
        (Suppression(("TST",), "why", path="other/*.py"), set()),
        (Suppression(("TST",), "why", application="shop"), {"book", "essay"}),
        (Suppression(("TST",), "why", application="bank"), set()),
        (Suppression(("TST002",), "why", application="shop"), set()),
        (Suppression(("TST",), "why", path="app/book.py", first_line=9, last_line=10), {"book"}),
        (Suppression(("TST",), "why", path="app/book.py", first_line=15, last_line=15), {"book"}),
        (Suppression(("TST",), "why", path="app/book.py", first_line=8, last_line=9), set()),
        (Suppression(("TST",), "why", until=TODAY, application="shop"), {"book", "essay"}),
        (Suppression(("TST",), "why", until=date(2026, 11, 19), application="shop"), set()),
    ],
)
def test_what_is_silenced(one: Suppression, expected: set[str | None]) -> None:
    assert silenced(judged(one)) == expected


def test_a_silenced_finding_comes_last_and_does_not_cost_any_score() -> None:
    result = judged(Suppression(("TST",), "why", object="book.author_id"))
    assert [item.finding.object.table for item in result.findings] == ["essay", "book"]
    assert [item.priority for item in result.findings] == [1, 2]
    alone = audit([survey(PLACED[0], PLACED[2], table("plain"))], [Unindexed()], engine_speller(), {})
    assert result.score.overall == alone.score.overall
    assert judged(Suppression(("TST",), "why", application="shop")).score.overall == 10


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (Suppression(("TST",), "why", object="nowhere"), "nothing is found here any more"),
        (Suppression(("TST",), "why", until=date(2020, 1, 1), application="shop"), "it ended on 2020-01-01"),
        (Suppression(("no-such-rule",), "why", application="shop"), "there is no rule 'no-such-rule'"),
    ],
)
def test_one_that_does_nothing_is_told(one: Suppression, why: str) -> None:
    (unused,) = judged(one).unused_suppressions
    assert unused.suppression is one
    assert why in unused.why


def test_one_that_works_or_whose_rule_nobody_asked_is_not_told() -> None:
    judgement = Judgement((Suppression(("surveys",), "why", object="x"),), today=TODAY, known_rules=(Unindexed,))
    assert audit([survey(*PLACED)], [], engine_speller(), {}, judgement).unused_suppressions == ()
    assert judged(Suppression(("TST",), "why", application="shop")).unused_suppressions == ()


def test_one_of_the_project_that_works_in_one_application_is_used() -> None:
    bank = survey(table("till"))
    bank = replace(bank, application=replace(bank.application, name="bank"))
    judgement = Judgement((Suppression(("TST",), "why", object="book.*"),), today=TODAY, known_rules=(Unindexed,))
    assert audit([survey(*PLACED), bank], [Unindexed()], engine_speller(), {}, judgement).unused_suppressions == ()


def comments(
    root: Path, name: str, text: str
) -> tuple[list[tuple[tuple[str, ...], int | None, int | None]], list[str]]:
    (root / name).write_text(text)
    found, problems = ignores_of(open_project(root), [name])
    return [(s.rules, s.first_line, s.last_line) for s in found], [d.text for d in problems]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a.py", "x = 1  # dba: ignore[IDX001] small\n", (("IDX001",), 1, 1)),
        ("a.py", "# dba: ignore[IDX001, money-as-float] why\n\n# more\n@decorated\nclass A: ...\n",
         (("IDX001", "money-as-float"), 1, 5)),
        ("a.sql", "-- dba: ignore[MIG001] empty table\ncreate index on a (b);\n", (("MIG001",), 1, 2)),
        ("a.sql", "create index on a (b); /* dba: ignore[MIG001]: empty table */\n", (("MIG001",), 1, 1)),
        ("a.prisma", "  // dba: ignore[IDX001] why\n  @@map(\"a\")\n", (("IDX001",), 1, 2)),
        ("a.html", "{# dba: ignore[QRY003] why #}\n{% for a in b %}\n", (("QRY003",), 1, 2)),
        ("a.py", "# dba: ignore[QRY] why\nfound = (\n    A.query.all()\n)\n", (("QRY",), 1, 3)),
        ("a.py", "return f(  # dba: ignore[QRY] why\n    [\n        a.b for a in c\n    ]\n)\n", (("QRY",), 1, 3)),
        ("a.py", "found = f(a,  # dba: ignore[QRY] why\n    b)\n", (("QRY",), 1, 1)),
        ("a.sql", "-- dba: ignore[KEY] why\ncreate table a (\n  b int\n);\n", (("KEY",), 1, 2)),
    ],
)  # fmt: skip
def test_a_comment_speaks_for_the_declaration_behind_or_below_it(
    tmp_path: Path, name: str, text: str, expected: tuple[tuple[str, ...], int, int]
) -> None:
    assert comments(tmp_path, name, text) == ([expected], [])


def test_a_comment_s_reason_and_last_day_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("-- dba: ignore[MIG001, until=2027-01-31] until the move\n")
    ((one,), _) = ignores_of(open_project(tmp_path), ["a.sql"])
    assert (one.reason, one.until, one.path) == ("until the move", date(2027, 1, 31), "a.sql")


SHOP_CODE = {
    "manage.py": "import django\n",
    "shop/__init__.py": "",
    "shop/settings.py": """INSTALLED_APPS = ["shop"]
ROOT_URLCONF = "shop.urls"
DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
""",
    "shop/models.py": """from django.db import models

class Author(models.Model):
    name = models.TextField()

class Book(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
""",
    "shop/urls.py": """from django.urls import path
from shop import views
urlpatterns = [path("books", views.books), path("names", views.names)]
""",
    "shop/views.py": """from django.http import JsonResponse
from django.shortcuts import render
from shop.models import Book

def books(request):
    return render(request, "books.html", {"books": Book.objects.all()})

def names(request):
    names = [
        book.author.name%s
        for book in Book.objects.all()[:100]
    ]
    return JsonResponse({"names": names})
""",
    "shop/templates/books.html": "%s{%% for book in books %%}{{ book.author.name }}{%% endfor %%}\n",
}


@pytest.mark.parametrize(
    ("in_code", "in_template"),
    [("", ""), ("  # dba: ignore[lazy-relation-in-loop] few", ""), ("", "{# dba: ignore[QRY] few #}\n")],
)
def test_a_comment_at_a_query_silences_what_is_found_there(tmp_path: Path, in_code: str, in_template: str) -> None:
    for path, text in SHOP_CODE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        filled = {"shop/views.py": in_code, "shop/templates/books.html": in_template}.get(path)
        (tmp_path / path).write_text(text if filled is None else text % filled)
    report = json.loads(dba("audit", ".", "--select", "QRY", "--format", "json", cwd=tmp_path).stdout)
    shown = {item["location"]["path"] for item in report["findings"] if item["suppressed"] is None}
    given = {"shop/views.py": in_code, "shop/templates/books.html": in_template}
    assert shown == {path for path, comment in given.items() if not comment}
    assert report["unused_suppressions"] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("# dba: ignore[IDX001]\n", "gives no reason"),
        ("# dba: ignore[] because\n", "names no rule"),
        ("# dba: ignore because\n", "write `dba: ignore[rule] reason`"),
        ("# dba: ignore[IDX001, until=soon] because\n", "'soon' is no date"),
        ("# dba: ignore[IDX001, utnil=2027-01-31] because\n", "'utnil=2027-01-31' is neither a rule nor"),
    ],
)
def test_what_was_meant_as_one_and_is_none_is_told(tmp_path: Path, text: str, why: str) -> None:
    found, problems = comments(tmp_path, "a.py", text)
    assert found == []
    assert len(problems) == 1
    assert why in problems[0]


def test_a_text_that_speaks_of_suppressions_is_none(tmp_path: Path) -> None:
    assert comments(tmp_path, "a.py", 'HELP = "dba: ignore[IDX001] reason"\n') == ([], [])


def test_a_comment_in_a_file_whose_name_looks_like_a_pattern() -> None:
    """Folders of web frameworks are called `[slug]`; and a file called `*.py` speaks for itself alone."""
    for path in ("app/[slug]/book.py", "app/*.py"):
        origin = Origin(path, 10, 1, 20, 1)
        comment = Suppression(("TST",), "why", path=path, first_line=9, last_line=10, origin=Origin(path, 9))
        placed = (replace(SHOP[0], origin=PLACED[0].origin), replace(SHOP[1], origin=origin), PLACED[2])
        judgement = Judgement((comment,), today=TODAY, known_rules=(Unindexed,))
        result = audit([survey(*placed)], [Unindexed()], engine_speller(), {}, judgement)
        assert silenced(result) == {"book"}


def test_lines_end_where_every_reader_ends_them(tmp_path: Path) -> None:
    """A form feed, which old sources have between their parts, ends a page and no line."""
    text = "a = 1\n\x0c\nb = '\u2028\x85'\nc = 1  # dba: ignore[TST] why\n# dba: ignore[TST] why\n\x0c\nd = 1\n"
    (tmp_path / "models.py").write_text(text, encoding="utf-8")
    found, problems = ignores_of(open_project(tmp_path), ["models.py"])
    assert [(one.first_line, one.last_line) for one in found] == [(4, 4), (5, 7)]
    assert problems == ()
