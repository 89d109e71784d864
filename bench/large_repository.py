"""How long the audit of a large repository takes: 200,000 lines of Python with 100 models, cold.

Prints the ratio first: the whole command against bare parsing of the same files with tree-sitter (the physical limit
of any reader that parses every file), then processor seconds and peak memory.
The repository is made anew, always the same; half of its models are Django's, in the second run SQLAlchemy's.

    python bench/large_repository.py
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from measuring import best, least

LINES = 200_000
MODELS = 100
FILES = 1_000
RUNS = 3
TARGET_RATIO, TARGET_SECONDS = 1.2, 4.0

DJANGO_MODEL = """
class Thing{n}(TimeStamped):
    class Status(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    name = models.CharField(max_length=120, db_index=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.OPEN)
    amount = models.DecimalField(max_digits=10, decimal_places=2, null=True)
    data = models.JSONField(default=dict)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    previous = models.ForeignKey("{app}.Thing{p}", null=True, on_delete=models.SET_NULL, related_name="+")
    tags = models.ManyToManyField("{app}.Thing{p}", related_name="+")

    class Meta:
        unique_together = [("owner", "name")]
        indexes = [models.Index(fields=["status", "created_at"])]
"""
SQLALCHEMY_MODEL = """
class Thing{n}(TimeStamped, Base):
    __tablename__ = "thing{n}"
    __table_args__ = (UniqueConstraint("owner_id", "name"), Index("ix_thing{n}_status", "status", "created_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), index=True)
    status: Mapped[str] = mapped_column(String(20), default="open")
    amount: Mapped[Decimal | None] = mapped_column(Numeric(10, 2))
    data: Mapped[dict] = mapped_column(JSON)
    owner_id: Mapped[int] = mapped_column(ForeignKey("thing0.id", ondelete="CASCADE"))
    previous_id: Mapped[int | None] = mapped_column(ForeignKey("thing{p}.id", ondelete="SET NULL"))
"""
SQLALCHEMY_BASE = """
from datetime import datetime
from sqlalchemy import DateTime, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

class Base(DeclarativeBase):
    pass

class TimeStamped:
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), onupdate=func.now())
"""
SQLALCHEMY_HEAD = """
from decimal import Decimal
from sqlalchemy import JSON, ForeignKey, Index, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from shop.base import Base, TimeStamped
"""
DJANGO_BASE = """
from django.db import models

class TimeStamped(models.Model):
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True
"""


def filler(random_: random.Random, module: int) -> str:
    """About two hundred lines of ordinary service code."""
    parts = [f'"""Service {module}."""\n\nimport json\nimport logging\n\nlogger = logging.getLogger(__name__)\n']
    for number in range(14):
        name = f"handle_{module}_{number}"
        parts.append(
            f"\n\ndef {name}(request, items, *, limit={random_.randint(10, 500)}):\n"
            f'    """Handle {number}."""\n'
            "    result = []\n"
            "    for position, item in enumerate(items[:limit]):\n"
            f"        if item.get('kind') == {random_.randint(0, 9)} and position % 2 == 0:\n"
            "            logger.info('item %s', item['name'])\n"
            "            result.append({'name': item['name'].strip(), 'value': item.get('value', 0) * 2})\n"
            "        else:\n"
            "            result.append(item)\n"
            "    payload = json.dumps(result, sort_keys=True)\n"
            "    if len(payload) > 10_000:\n"
            "        raise ValueError(f'too large: {len(payload)}')\n"
            "    return payload\n"
        )
    return "".join(parts)


def write_repository(root: Path, framework: str) -> tuple[int, int]:
    """Make the repository; returns (lines, files)."""
    random_ = random.Random(7)
    files: dict[str, str] = {f"shop/services/s{n % 40}/service_{n}.py": filler(random_, n) for n in range(FILES)}
    files.update({f"shop/services/s{n}/__init__.py": "" for n in range(40)})
    apps = 10
    if framework == "django":
        names = ", ".join(f'"shop.app{n}"' for n in range(apps))
        files["manage.py"] = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
        files["shop/settings.py"] = (
            f'INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", {names}]\n'
            'DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "shop"}}\n'
            'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
        )
        files["shop/base.py"] = DJANGO_BASE
        head, model = (
            "from django.conf import settings\nfrom django.db import models\nfrom shop.base import TimeStamped\n",
            DJANGO_MODEL,
        )
    else:
        files["shop/config.py"] = 'SQLALCHEMY_DATABASE_URI = "postgresql://localhost/shop"\n'
        files["shop/base.py"] = SQLALCHEMY_BASE
        head, model = SQLALCHEMY_HEAD, SQLALCHEMY_MODEL
    files["shop/__init__.py"] = ""
    for app in range(apps):
        own = range(app * MODELS // apps, (app + 1) * MODELS // apps)
        bodies = (model.format(n=n, p=max(n - 1, own[0]), app=f"app{app}") for n in own)
        files[f"shop/app{app}/models.py"] = head + "".join(bodies)
        files[f"shop/app{app}/__init__.py"] = ""
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return sum(text.count("\n") for text in files.values()), len(files)


def bare_parse(root: Path) -> None:
    """Parse every Python file with tree-sitter and do nothing else."""
    import tree_sitter
    import tree_sitter_python

    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_python.language()))
    for path in sorted(root.rglob("*.py")):
        parser.parse(path.read_bytes())


def main() -> int:
    """Measure both frameworks; 1 where a target is missed."""
    missed = False
    for framework in ("django", "sqlalchemy"):
        with tempfile.TemporaryDirectory(prefix="dba-bench-") as folder:
            root = Path(folder) / "shop"
            lines, files = write_repository(root, framework)
            report = Path(folder) / "report.json"
            (bare,) = best(RUNS, lambda root=root: bare_parse(root))
            done = least(RUNS, "-m", "dbarchitect", "audit", str(root), "--format", "json", output=report)
            tables = json.loads(report.read_bytes())["examined"]["tables"]
            if tables < MODELS:
                raise SystemExit(f"{tables} tables found, at least {MODELS} expected")
        missed |= done.seconds > TARGET_SECONDS or done.seconds / bare > TARGET_RATIO
        print(
            f"{framework:<10} audit / bare parsing = {done.seconds / bare:.2f}   ({done.seconds:.2f} s against "
            f"{bare:.2f} s; {lines:,} lines, {files:,} files, {MODELS} models; {done.memory:.0f} MB)"
        )
    print(f"targets: {TARGET_RATIO} and {TARGET_SECONDS:g} s, in processor seconds")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
